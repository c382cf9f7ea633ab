//! Releases the authorizations of payments that ended without the money.

use tollgate_domain::{Payment, ProcessorTransactionId, RequestRef, Tenant, payment::Command};
use tollgate_processors::{
    AnyProcessor,
    processor::{Answer, Processor, ProcessorError, TransactionStatus},
};

use super::{
    charge_requests::{of_authorization, renewed},
    health::Resumed,
    limits::SENDS_MAX,
    references::payment_reference,
    transition::Transition,
};
use crate::{error::Error, worker::Worker};

/// What to do after the processor's status was queried.
enum Checked {
    /// The run ends: the release is recorded, waits, or was handed to the operator.
    Ended(Resumed),
    /// This authorization of this payment is voided.
    Void(Payment, ProcessorTransactionId),
    /// The processor shows no authorization: whatever the request reserved is voided.
    VoidUnanswered(Payment),
}

/// The run ends after an answer of the processor.
const ANSWERED: Checked = Checked::Ended(Resumed::Answered);

impl Worker {
    /// Releases the authorization of a payment that has ended, while the answers are clear.
    pub(crate) async fn release(
        &self,
        tenant: Tenant,
        payment: Payment,
        authorization: Option<ProcessorTransactionId>,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<Resumed, Error> {
        let Some(charge) = &payment.processor_charge else {
            return Ok(Resumed::NotAsked);
        };
        // The first void of a known authorization needs no query; before every other one the status is
        // queried.
        let checked = match authorization {
            Some(authorization) if charge.sent.times == 0 => Checked::Void(payment, authorization),
            authorization => {
                self.check_before_void(tenant, payment, authorization, processor, request).await?
            }
        };
        match checked {
            Checked::Ended(resumed) => Ok(resumed),
            Checked::Void(payment, authorization) => {
                self.void(tenant, payment, &authorization, processor, request).await
            }
            Checked::VoidUnanswered(payment) => {
                self.void_unanswered(tenant, payment, processor, request).await
            }
        }
    }

    /// Queries the processor's status before a void.
    async fn check_before_void(
        &self,
        tenant: Tenant,
        payment: Payment,
        authorization: Option<ProcessorTransactionId>,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<Checked, Error> {
        let Some(charge) = &payment.processor_charge else {
            return Ok(Checked::Ended(Resumed::NotAsked));
        };
        let settle_ms = self.processors()?.settle_ms(charge.processor);
        let is_settled = charge.sent.is_settled(self.now(), settle_ms);
        let found = match processor.look_up(&payment_reference(payment.id)).await {
            Ok(found) => found,
            Err(error) => {
                return self.not_looked_up(tenant, &payment, error, request).await.map(Checked::Ended);
            }
        };
        match (found, authorization) {
            (TransactionStatus::Voided | TransactionStatus::Declined(_), _) => {
                self.released(tenant, payment, request).await.map(|()| ANSWERED)
            }
            (TransactionStatus::Captured { .. }, _) => {
                let what = "the processor took money for a payment that has ended";
                self.contradicted(tenant, payment, what, request).await.map(|()| ANSWERED)
            }
            (TransactionStatus::Nothing, None) if is_settled => {
                self.released(tenant, payment, request).await.map(|()| ANSWERED)
            }
            (
                TransactionStatus::Authorized { authorization }
                | TransactionStatus::InReview { authorization }
                | TransactionStatus::DeclinedWithHold { authorization, .. },
                None,
            ) => {
                let command = self.authorized(authorization.clone())?;
                let payment = self.record_outcome(tenant, payment, &command, request).await?;
                Ok(Checked::Void(payment, authorization))
            }
            (TransactionStatus::Nothing | TransactionStatus::Undecided, None) => {
                Ok(Checked::VoidUnanswered(payment))
            }
            (
                TransactionStatus::Nothing
                | TransactionStatus::Undecided
                | TransactionStatus::InReview { .. }
                | TransactionStatus::Authorized { .. }
                | TransactionStatus::DeclinedWithHold { .. },
                Some(authorization),
            ) => Ok(if is_settled { Checked::Void(payment, authorization) } else { ANSWERED }),
        }
    }

    /// Voids a known authorization. After [`SENDS_MAX`] requests the payment waits for the operator.
    async fn void(
        &self,
        tenant: Tenant,
        payment: Payment,
        authorization: &ProcessorTransactionId,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<Resumed, Error> {
        let sends = payment.processor_charge.as_ref().map_or(0, |charge| charge.sent.times);
        if sends >= SENDS_MAX {
            let what = "a reservation is not let go";
            self.stuck(tenant, &payment, what, request).await?;
            return Ok(Resumed::NotAsked);
        }
        let again = Command::SendAgain { ask_at: self.ask_at(1)? };
        let Transition::Done(payment) = self.transition(tenant, &payment, again, request).await? else {
            return Ok(Resumed::NotAsked);
        };
        let of = of_authorization(&payment, authorization);
        match processor.void(&of.as_request()).await {
            Ok(Answer::Approved { .. }) => {
                self.released(tenant, payment, request).await?;
                Ok(Resumed::Answered)
            }
            Err(error @ ProcessorError::NothingDone(_)) => {
                let nothing = Command::NothingDone { ask_at: self.ask_at(1)? };
                // The payment stays due, even if another change was written first.
                let (Transition::Done(_) | Transition::Overtaken(_)) =
                    self.transition(tenant, &payment, nothing, request).await?;
                Ok(Resumed::after(error))
            }
            answer => {
                let request_id = &request.request_id;
                tracing::warn!(payment = %payment.id, request_id, ?answer, "a reservation was not let go yet");
                Ok(match answer {
                    Err(error) => Resumed::after(error),
                    Ok(_) => Resumed::Answered,
                })
            }
        }
    }

    /// Voids an authorization that was never answered and that the processor does not show, or not with its
    /// outcome. Voiding a request that the processor does not know changes nothing.
    async fn void_unanswered(
        &self,
        tenant: Tenant,
        payment: Payment,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<Resumed, Error> {
        let voided = processor
            .void_unanswered(&payment_reference(payment.id), payment.amount, renewed(&payment))
            .await;
        match voided {
            Ok(()) => {
                self.released(tenant, payment, request).await?;
                Ok(Resumed::Answered)
            }
            Err(error) => {
                let request_id = &request.request_id;
                tracing::warn!(payment = %payment.id, request_id, %error, "an unanswered authorization was not voided");
                let what = "whether money is reserved is not known";
                self.stuck_if_late(tenant, &payment, what, request).await?;
                Ok(Resumed::after(error))
            }
        }
    }

    /// Records that nothing is authorized any more.
    async fn released(&self, tenant: Tenant, payment: Payment, request: &RequestRef) -> Result<(), Error> {
        self.record_outcome(tenant, payment, &Command::Released, request).await.map(|_| ())
    }

    /// The processor contradicts what is recorded: its answer is kept, and the payment waits for the
    /// operator.
    async fn contradicted(
        &self,
        tenant: Tenant,
        payment: Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let kept = self.record_outcome(tenant, payment, &Command::Keep(what.to_owned()), request).await?;
        self.stuck(tenant, &kept, what, request).await
    }
}
