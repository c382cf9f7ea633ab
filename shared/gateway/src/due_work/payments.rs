//! Payments that wait for a processor, or for their payer.

use tollgate_domain::{
    Payment, Refusal,
    payment::{Command, Status},
};
use tollgate_processors::sandbox;
use tollgate_store::Replaced;

use super::{message::DueMessage, run::DueOutcome};
use crate::{
    error::Error,
    payments::sandbox_charge::{instrument, sandbox_outcome},
    worker::Worker,
};

impl Worker {
    pub(super) async fn work_on_payment(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let now = self.now();
        let payment: Option<Payment> = self.store.get_by_key(&message.pk).await?;
        let Some(payment) = payment.filter(|payment| payment.due.is_some_and(|due| due <= now)) else {
            return Ok(DueOutcome::Done);
        };
        if let Some(charge) = payment.processor_charge.as_ref().filter(|_| payment.is_open_with_processor()) {
            let resumed = Box::pin(self.resume_charge(message.tenant, &payment));
            return self.ask_processor(message, charge.processor, resumed).await;
        }
        let command = match payment.state.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            Status::Processing => {
                Command::Settled(sandbox_outcome(sandbox::look_up_charge(instrument(&payment)?, now))?)
            }
            // It was not captured within seven days.
            Status::RequiresCapture if payment.intent.is_some() => {
                Command::CancelIntent(Some("automatic".to_owned()))
            }
            Status::RequiresPaymentMethod
            | Status::RequiresCapture
            | Status::Succeeded
            | Status::Failed
            | Status::Canceled => return Ok(DueOutcome::Done),
        };
        let next = payment.apply(command, now, &self.new_request()).map_err(Refusal::from)?;
        match self.writer().replace(message.tenant, &next).await? {
            // Another change was written first: the item is no longer due, or it is found again.
            Replaced::Done | Replaced::Conflict(_) => Ok(DueOutcome::Done),
        }
    }
}
