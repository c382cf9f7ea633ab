//! Recording the steps of a charge that only one of several runs may take.

use tollgate_domain::{Payment, Refusal, RequestRef, Tenant, payment::Command};
use tollgate_store::Replaced;

use crate::{Worker, error::Error};

/// What became of a step that was to be recorded.
#[must_use]
pub(crate) enum Recorded {
    /// It was; the payment as it is now.
    Done(Payment),
    /// Another change came first; the payment as it is now.
    Overtaken(Payment),
}

impl Worker {
    /// Records a step, unless another change came first.
    pub(crate) async fn record(
        &self,
        tenant: Tenant,
        payment: &Payment,
        command: Command,
        request: &RequestRef,
    ) -> Result<Recorded, Error> {
        let next = payment.apply(command, self.now(), request).map_err(Refusal::from)?;
        match self.writer().replace(tenant, &next).await? {
            Replaced::Done => Ok(Recorded::Done(next)),
            Replaced::Conflict(Some(now)) => Ok(Recorded::Overtaken(now)),
            Replaced::Conflict(None) => Err(Error::Internal(format!("payment {} is gone", payment.id))),
        }
    }
}
