//! Writes the next version of a dispute.

use tollgate_domain::{Dispute, Payment, Tenant};
use tollgate_store::{DisputePut, Replaced};

use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

/// What became of a dispute's next version.
#[derive(Clone, Debug)]
#[must_use = "another change may have come first"]
pub(crate) enum DisputeChange {
    /// It was written: this is how it is now.
    Done(Dispute),
    /// It was not written: another change came first. `None` if the dispute is gone.
    Conflict(Option<Dispute>),
}

impl Worker {
    /// Replaces a dispute by its next version, and changes what its payment says is disputed, both or neither. An inquiry that
    /// becomes a dispute takes no more than is left of the payment, some of which may have been refunded.
    pub(crate) async fn replace_dispute(
        &self,
        tenant: Tenant,
        before: &Dispute,
        next: &Dispute,
    ) -> Result<DisputeChange, Error> {
        let withheld = next.withheld() - before.withheld();
        if withheld == 0 {
            return Ok(match self.writer().replace(tenant, next).await? {
                Replaced::Done => DisputeChange::Done(next.clone()),
                Replaced::Conflict(now) => DisputeChange::Conflict(now),
            });
        }
        retry_conflicts(next.id, (), |()| async move {
            let payment: Option<Payment> = self.store().get(tenant, &next.payment.to_string()).await?;
            let payment = payment.ok_or_else(|| Error::Internal(format!("no payment {}", next.payment)))?;
            let (next, withheld) = if withheld > 0 {
                let taking = next.clone().taking_at_most(payment.refundable());
                let withheld = taking.withheld();
                (taking, withheld)
            } else {
                (next.clone(), withheld)
            };
            Ok(match self.writer().write_dispute(tenant, &next, &payment, withheld).await? {
                DisputePut::Done => Write::Done(DisputeChange::Done(next)),
                DisputePut::Exists(now) => Write::Done(DisputeChange::Conflict(Some(*now))),
                DisputePut::PaymentChanged => Write::Conflict(()),
            })
        })
        .await
    }
}
