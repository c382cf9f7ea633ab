//! The attempts to pay one order. Their ids are derived from the order's number and the attempt's.

use tollgate_domain::{
    Payment, PaymentId, Refusal, Tenant,
    payment::{Command, Status},
};

use crate::{
    call::Call, error::Error, idempotency::idempotent::Idempotency, processing::transition::Transition,
};

/// Attempts to pay one order. A shop whose customer needs more gives the order another number.
const ATTEMPTS_MAX: usize = 20;

/// The id of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptId {
    /// The id.
    pub(super) id: PaymentId,
    /// Whether an attempt with this id exists and has not ended.
    pub(super) is_taken: bool,
}

impl Call {
    /// The id of an order's attempt. Attempt number, starting at 1.
    pub(super) fn attempt_id(&self, tenant: Tenant, idempotency: &Idempotency, number: usize) -> PaymentId {
        match number {
            1 => self.id_for(tenant, "orders", Some(idempotency)),
            number => self.id_for(tenant, &format!("orders/{number}"), Some(idempotency)),
        }
    }

    pub(super) async fn read_attempt(&self, tenant: Tenant, id: PaymentId) -> Result<Option<Payment>, Error> {
        Ok(self.store.get(tenant, &id.to_string()).await?)
    }

    /// Whether an attempt has ended without the money, or has expired and waits for due work to end it.
    pub(super) fn has_ended(&self, attempt: &Payment) -> bool {
        match attempt.state.status {
            Status::Failed | Status::Canceled => true,
            Status::RequiresConfirmation | Status::RequiresAction => {
                attempt.due.is_none_or(|due| due <= self.now)
            }
            Status::RequiresPaymentMethod
            | Status::Processing
            | Status::RequiresCapture
            | Status::Succeeded => false,
        }
    }

    /// Ends an attempt that has expired, so that its payer can no longer pay it. One that was paid in the
    /// last moment takes the order's place, so the request is refused.
    pub(super) async fn end_expired(&self, tenant: Tenant, attempt: Payment) -> Result<(), Error> {
        let command = match attempt.state.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            Status::RequiresPaymentMethod
            | Status::Processing
            | Status::RequiresCapture
            | Status::Succeeded
            | Status::Failed
            | Status::Canceled => return Ok(()),
        };
        let worker = self.admitted().await?.worker();
        match worker.transition(tenant, &attempt, command, &self.request).await? {
            Transition::Done(_) => Ok(()),
            Transition::Overtaken(now) if self.has_ended(&now) => Ok(()),
            Transition::Overtaken(_) => Err(Refusal::IdempotencyKeyReused.into()),
        }
    }

    /// The attempt after the last one that has ended. Ends expired attempts on the way.
    pub(super) async fn next_attempt(
        &self,
        tenant: Tenant,
        idempotency: &Idempotency,
    ) -> Result<AttemptId, Error> {
        for number in 2..=ATTEMPTS_MAX {
            let id = self.attempt_id(tenant, idempotency, number);
            match self.read_attempt(tenant, id).await? {
                None => return Ok(AttemptId { id, is_taken: false }),
                Some(attempt) if !self.has_ended(&attempt) => return Ok(AttemptId { id, is_taken: true }),
                Some(attempt) => self.end_expired(tenant, attempt).await?,
            }
        }
        Err(Refusal::IdempotencyKeyReused.into())
    }
}
