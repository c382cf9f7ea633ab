//! Refunds that wait for a processor.

use tollgate_domain::{Payment, Refund, refund::RefundStatus};
use tollgate_processors::sandbox;
use tollgate_store::Replaced;

use super::{message::DueMessage, run::DueOutcome};
use crate::{
    error::Error,
    payments::sandbox_charge::{instrument, sandbox_outcome},
    worker::Worker,
};

impl Worker {
    pub(super) async fn work_on_refund(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let (tenant, now) = (message.tenant, self.now());
        let refund: Option<Refund> = self.store.get_by_key(&message.pk).await?;
        let is_due = |refund: &Refund| {
            refund.status == RefundStatus::Pending && refund.due.is_some_and(|due| due <= now)
        };
        let Some(refund) = refund.filter(is_due) else { return Ok(DueOutcome::Done) };
        let payment: Option<Payment> = self.store.get(tenant, &refund.payment.to_string()).await?;
        let Some(payment) = payment else {
            return Err(Error::Internal(format!("refund {} has no payment", refund.id)));
        };
        if let Some(charge) = &payment.processor_charge {
            let resumed = Box::pin(self.resume_refund(tenant, &payment, &refund));
            return self.ask_processor(message, charge.processor, resumed).await;
        }
        let outcome = sandbox_outcome(sandbox::look_up_refund(instrument(&payment)?))?;
        if let Ok(settled) = refund.settle(outcome, now, &self.new_request()) {
            match self.writer().settle_refund(tenant, &settled).await? {
                // After a conflict it is no longer due, or it is found again.
                Replaced::Done | Replaced::Conflict(_) => {}
            }
        }
        Ok(DueOutcome::Done)
    }
}
