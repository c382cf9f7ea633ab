//! Letting go what is reserved for payments that have ended, and telling the operator where nothing else is left to be done.

use tollgate_domain::{Payment, PaymentId, ProcessorTransactionId, RequestRef, Tenant, payment::Command};
use tollgate_processors::{
    AnyProcessor,
    processor::{Answer, Processor, ProcessorError, TransactionStatus},
};

use crate::{
    Worker, alarm,
    charge::{SENDS_MAX, STUCK_ASK_MS, TRY_FOR_MS, of_authorization, renewed},
    error::Error,
    idempotency::{TRIES_MAX, contended},
    processors::payment_reference,
    record::Recorded,
};

impl Worker {
    /// Lets go what is reserved for a payment that has ended, as far as clear answers lead.
    pub(crate) async fn release(
        &self,
        tenant: Tenant,
        mut payment: Payment,
        mut authorization: Option<ProcessorTransactionId>,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let reference = payment_reference(payment.id);
        let Some(charge) = payment.processor_charge.clone() else {
            return Ok(());
        };
        let settle_ms = self.processors()?.settle_ms(charge.processor);
        let is_settled = charge.sent.is_settled(self.now(), settle_ms);
        // A first void of a known authorisation needs no question; before another one the processor is asked.
        if authorization.is_none() || charge.sent.times > 0 {
            let found = match processor.look_up(&reference).await {
                Ok(found) => found,
                Err(error) => return self.not_looked_up(tenant, &payment, &error, request).await,
            };
            match found {
                TransactionStatus::Voided | TransactionStatus::Declined(_) => {
                    return self.released(tenant, payment, request).await;
                }
                TransactionStatus::Captured { .. } => {
                    let what = "the provider took money for a payment that has ended";
                    return self.contradicted(tenant, payment, what, request).await;
                }
                TransactionStatus::Nothing if authorization.is_none() && is_settled => {
                    return self.released(tenant, payment, request).await;
                }
                TransactionStatus::Authorized { authorization: id }
                | TransactionStatus::InReview { authorization: id }
                | TransactionStatus::DeclinedWithHold { authorization: id, .. }
                    if authorization.is_none() =>
                {
                    let command = self.authorized(id.clone())?;
                    payment = self.record_answer(tenant, payment, &command, request).await?;
                    authorization = Some(id);
                }
                _ if authorization.is_some() && !is_settled => return Ok(()),
                _ => {}
            }
        }
        let Some(authorization) = authorization else {
            return self.void_unanswered(tenant, payment, processor, request).await;
        };
        let charge = payment.processor_charge.as_ref().unwrap_or(&charge);
        if charge.sent.times >= SENDS_MAX {
            let what = "a reservation is not let go";
            return self.stuck(tenant, &payment, what, request).await;
        }
        let again = Command::SendAgain { ask_at: self.ask_at(1)? };
        let Recorded::Done(payment) = self.record(tenant, &payment, again, request).await? else {
            return Ok(());
        };
        let of = of_authorization(&payment, &authorization);
        match processor.void(&of.as_request()).await {
            Ok(Answer::Approved { .. }) => self.released(tenant, payment, request).await,
            Err(ProcessorError::NothingDone(_)) => {
                let nothing = Command::NothingDone { ask_at: self.ask_at(1)? };
                // Overtaken or not, it stays due.
                let (Recorded::Done(_) | Recorded::Overtaken(_)) =
                    self.record(tenant, &payment, nothing, request).await?;
                Ok(())
            }
            answer => {
                tracing::warn!(payment = %payment.id, ?answer, "a reservation was not let go yet");
                Ok(())
            }
        }
    }

    /// Lets go whatever an authorisation without an answer may have reserved: the processor does not show it, or not what
    /// became of it. A request that a processor does not know, or not for this processor, changes nothing.
    async fn void_unanswered(
        &self,
        tenant: Tenant,
        payment: Payment,
        processor: &AnyProcessor,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let voided = processor
            .void_unanswered(&payment_reference(payment.id), payment.amount, renewed(&payment))
            .await;
        match voided {
            Ok(()) => self.released(tenant, payment, request).await,
            Err(error) => {
                tracing::warn!(payment = %payment.id, %error, "an unanswered authorization was not voided");
                let what = "whether money is reserved is not known";
                self.stuck_if_late(tenant, &payment, what, request).await
            }
        }
    }

    async fn released(&self, tenant: Tenant, payment: Payment, request: &RequestRef) -> Result<(), Error> {
        self.record_answer(tenant, payment, &Command::Released, request).await.map(|_| ())
    }

    /// A look-up failed: the payment stays due, and the operator is told when it has been so for too long.
    pub(crate) async fn not_looked_up(
        &self,
        tenant: Tenant,
        payment: &Payment,
        error: &ProcessorError,
        request: &RequestRef,
    ) -> Result<(), Error> {
        self.stuck_if_late(tenant, payment, "the provider cannot be asked", request).await?;
        Err(Error::Internal(error.to_string()))
    }

    async fn stuck_if_late(
        &self,
        tenant: Tenant,
        payment: &Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let since = payment.processor_charge.as_ref().and_then(|charge| charge.since);
        if since.is_none_or(|since| since.plus_ms(TRY_FOR_MS) > self.now()) {
            return Ok(());
        }
        self.stuck(tenant, payment, what, request).await
    }

    /// Nothing is left to be done without the operator, who is told each time that the payment is looked at: once a day.
    pub(crate) async fn stuck(
        &self,
        tenant: Tenant,
        payment: &Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let ask_at = self.now().plus_ms(STUCK_ASK_MS);
        if let Recorded::Done(payment) =
            self.record(tenant, payment, Command::Stuck { ask_at }, request).await?
        {
            alarm::raise(self.now(), &format!("{tenant}PAY#{}", payment.id), what);
        }
        Ok(())
    }

    /// The processor contradicts what is recorded: what it says is kept, and the payment waits for the operator.
    async fn contradicted(
        &self,
        tenant: Tenant,
        payment: Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let kept = self.record_answer(tenant, payment, &Command::Keep(what.to_owned()), request).await?;
        self.stuck(tenant, &kept, what, request).await
    }

    /// The operator has what is open of a payment begun anew that waits for a person: it is due at once. `false` when there is
    /// nothing to begin.
    pub(crate) async fn resume_stuck_payment(&self, tenant: Tenant, id: PaymentId) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            let payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
            let Some(payment) = payment.filter(Payment::is_open_with_processor) else {
                return Ok(false);
            };
            if let Recorded::Done(_) =
                self.record(tenant, &payment, Command::Resume, &self.new_request()).await?
            {
                return Ok(true);
            }
        }
        Err(contended(id))
    }
}
