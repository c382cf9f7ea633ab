//! Writes the next version of a dispute.

use tollgate_domain::{Dispute, Payment, Tenant};
use tollgate_store::{DisputePut, Replaced};

use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

impl Worker {
    /// Replaces a dispute by its next version, and changes what its payment says is disputed, both or neither. After
    /// another change of the dispute it returns that one, and nothing is written.
    pub(crate) async fn replace_dispute(
        &self,
        tenant: Tenant,
        before: &Dispute,
        next: &Dispute,
    ) -> Result<Option<Dispute>, Error> {
        let withheld = next.withheld() - before.withheld();
        if withheld == 0 {
            return Ok(match self.writer().replace(tenant, next).await? {
                Replaced::Done => None,
                Replaced::Conflict(now) => now,
            });
        }
        retry_conflicts(next.id, (), |()| async move {
            let payment: Option<Payment> = self.store().get(tenant, &next.payment.to_string()).await?;
            let payment = payment.ok_or_else(|| Error::Internal(format!("no payment {}", next.payment)))?;
            Ok(match self.writer().write_dispute(tenant, next, &payment, withheld).await? {
                DisputePut::Done => Write::Done(None),
                DisputePut::Exists(now) => Write::Done(Some(*now)),
                DisputePut::PaymentChanged => Write::Conflict(()),
            })
        })
        .await
    }
}
