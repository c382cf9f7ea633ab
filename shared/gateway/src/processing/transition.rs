//! Stores a payment's transition, unless another change was written first.

use tollgate_domain::{Payment, Refusal, RequestRef, Tenant, payment::Command};
use tollgate_store::Replaced;

use crate::{error::Error, worker::Worker};

/// The result of a transition.
#[must_use]
pub(crate) enum Transition {
    /// It was stored; the payment after it.
    Done(Payment),
    /// Another change was written first; the payment after that one.
    Overtaken(Payment),
}

impl Worker {
    /// Applies a command to a payment and stores the result, unless another change was written first. Of
    /// several concurrent runs, one gets [`Transition::Done`].
    pub(crate) async fn transition(
        &self,
        tenant: Tenant,
        payment: &Payment,
        command: Command,
        request: &RequestRef,
    ) -> Result<Transition, Error> {
        let next = payment.apply(command, self.now(), request).map_err(Refusal::from)?;
        match self.writer().replace(tenant, &next).await? {
            Replaced::Done => Ok(Transition::Done(next)),
            Replaced::Conflict(Some(now)) => Ok(Transition::Overtaken(now)),
            Replaced::Conflict(None) => Err(Error::Internal(format!("payment {} is gone", payment.id))),
        }
    }
}
