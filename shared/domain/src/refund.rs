//! A refund: money on its way back, wholly or in part.

use serde::{Deserialize, Serialize};

use crate::{
    front_door::FrontDoor,
    id::{PaymentId, RefundId},
    idempotency::Fingerprint,
    metadata::Metadata,
    money::Money,
    processor_charge::{Sent, Unapplied, keep_unapplied},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The processor has it and has not decided.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not; the amount can be refunded again.
    Failed,
    /// The merchant called it back before it went; the amount can be refunded again.
    Canceled,
}

/// What a processor made of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed,
    /// The processor decides later; ask it again at `ask_at`.
    Pending {
        /// When to ask.
        ask_at: Timestamp,
    },
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// The API it was asked for through.
    pub front_door: FrontDoor,
    /// The request that made its latest version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The payment.
    pub payment: PaymentId,
    /// How much goes back.
    pub amount: Money,
    /// Why, in the words of the front door it was asked for through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Where it stands.
    pub status: RefundStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When due work has to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What was sent of it to a processor, if it is sent over a wire. Refunds over a wire that were stored before this was
    /// kept have none.
    #[serde(rename = "network", default, skip_serializing_if = "Option::is_none")]
    pub processor_refund: Option<ProcessorRefund>,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What was answered about it.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// A refund that is sent to a processor over a wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorRefund {
    /// The requests that may have reached the processor.
    #[serde(default)]
    pub sent: Sent,
    /// Times that the processor was asked what became of it.
    #[serde(default)]
    pub attempts: u32,
    /// Since when it is with the processor; since it was made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Answers that contradict what is recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unapplied: Vec<Unapplied>,
    /// Since when it waits for the operator, because nothing that can be done by itself is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_since: Option<Timestamp>,
}

/// What a create asks for, checked.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// The id: random, or derived from the idempotency key.
    pub id: RefundId,
    /// The API it is asked for through.
    pub front_door: FrontDoor,
    /// The request.
    pub request: RequestRef,
    /// The payment.
    pub payment: PaymentId,
    /// How much goes back.
    pub amount: Money,
    /// Why.
    pub reason: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether it is about to be sent to a processor.
    pub over_wire: bool,
    /// The request's fingerprint, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

/// The refund is settled already: its status no longer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the refund is already settled")]
pub struct AlreadySettled;

impl Refund {
    /// Makes the refund that a processor's answer describes.
    pub fn create(new: NewRefund, outcome: RefundOutcome, now: Timestamp) -> Self {
        let (status, due) = Self::rate_limit(outcome);
        Self {
            id: new.id,
            version: 1,
            front_door: new.front_door,
            request: new.request,
            payment: new.payment,
            amount: new.amount,
            reason: new.reason,
            metadata: new.metadata,
            status,
            created: now,
            updated: now,
            due,
            processor_refund: new
                .over_wire
                .then(|| ProcessorRefund { sent: Sent::first(now), ..ProcessorRefund::default() }),
            fingerprint: new.fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Records what the processor said of a pending refund.
    pub fn settle(
        &self,
        outcome: RefundOutcome,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, AlreadySettled> {
        if self.status != RefundStatus::Pending {
            return Err(AlreadySettled);
        }
        let (status, due) = Self::rate_limit(outcome);
        let mut next = Self {
            version: self.version + 1,
            status,
            due,
            updated: now,
            request: request.clone(),
            ..self.clone()
        };
        next.keep_created(self);
        Ok(next)
    }

    /// The next version, called back by the merchant.
    pub fn canceled(&self, now: Timestamp, request: &RequestRef) -> Result<Self, AlreadySettled> {
        self.settle(RefundOutcome::Failed, now, request)
            .map(|settled| Self { status: RefundStatus::Canceled, ..settled })
    }

    /// The next version, with other metadata.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = Self {
            version: self.version + 1,
            metadata,
            updated: now,
            request: request.clone(),
            ..self.clone()
        };
        next.keep_created(self);
        next
    }

    /// What was sent of a refund that goes over a wire. One that was stored before this was kept was sent once.
    pub fn sent_over_wire(&self) -> ProcessorRefund {
        self.processor_refund.clone().unwrap_or_else(|| ProcessorRefund {
            sent: Sent::first(self.created),
            ..ProcessorRefund::default()
        })
    }

    /// The next version, with a note about its way to the processor, which no answer shows, and the time of the next look.
    fn noted(
        &self,
        ask_at: Timestamp,
        request: &RequestRef,
        note: impl FnOnce(&mut ProcessorRefund),
    ) -> Self {
        let mut processor = self.sent_over_wire();
        note(&mut processor);
        Self {
            version: self.version + 1,
            due: Some(ask_at),
            request: request.clone(),
            processor_refund: Some(processor),
            ..self.clone()
        }
    }

    /// The next version: the request that made it was answered that it is pending.
    #[must_use]
    pub fn answered_pending(&self, now: Timestamp, request: &RequestRef) -> Self {
        self.noted(self.due.unwrap_or(now), request, |_| {})
    }

    /// The next version: the processor is about to be asked what became of it; no other run asks until `ask_at`.
    #[must_use]
    pub fn asked_again(&self, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.attempts = processor.attempts.saturating_add(1);
        })
    }

    /// The next version: it is about to be sent once more.
    #[must_use]
    pub fn sent_again(&self, now: Timestamp, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.sent = processor.sent.again(now);
        })
    }

    /// The next version: the last request certainly did nothing.
    #[must_use]
    pub fn sent_without_effect(&self, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.sent = processor.sent.without_effect();
        })
    }

    /// The next version: nothing is left that can be done without the operator.
    #[must_use]
    pub fn stuck(&self, now: Timestamp, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.stuck_since.get_or_insert(now);
        })
    }

    /// The next version: the operator has it begun anew; it may be sent as often as at first. `None` for a refund that is
    /// settled or goes over no wire.
    pub fn resumed(&self, now: Timestamp, request: &RequestRef) -> Option<Self> {
        let is_open = self.status == RefundStatus::Pending && self.processor_refund.is_some();
        is_open.then(|| {
            self.noted(now, request, |processor| {
                processor.sent.times = u32::from(processor.sent.times > 0);
                processor.since = Some(now);
                processor.attempts = 0;
                processor.stuck_since = None;
            })
        })
    }

    /// The next version of a settled refund, with a clear answer of the processor that contradicts how it was settled.
    #[must_use]
    pub fn with_unapplied(&self, answer: String, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = self.noted(now, request, |processor| {
            keep_unapplied(&mut processor.unapplied, answer, now);
        });
        next.due = self.due;
        next
    }

    /// Records what the processor said before the create was answered: its answer is this, not what was stored first.
    pub fn settle_at_once(
        &self,
        outcome: RefundOutcome,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, AlreadySettled> {
        self.settle(outcome, now, request).map(|settled| Self { replay: self.replay.clone(), ..settled })
    }

    fn rate_limit(outcome: RefundOutcome) -> (RefundStatus, Option<Timestamp>) {
        match outcome {
            RefundOutcome::Succeeded => (RefundStatus::Succeeded, None),
            RefundOutcome::Failed => (RefundStatus::Failed, None),
            RefundOutcome::Pending { ask_at } => (RefundStatus::Pending, Some(ask_at)),
        }
    }
}

impl Replayable for Refund {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// The first releases kept the status.
    fn with_legacy_part(&self, part: &serde_json::Value) -> Option<Self> {
        Some(Self { status: RefundStatus::deserialize(part).ok()?, ..self.snapshot() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{money::Currency, payment::tests::NOW};

    fn refund(outcome: RefundOutcome) -> Refund {
        let new = NewRefund {
            id: RefundId::from_bytes([1; 16]),
            front_door: FrontDoor::Charges,
            request: "req_1".into(),
            payment: PaymentId::from_bytes([2; 16]),
            amount: Money { minor: 5, currency: Currency::from_code("EUR").unwrap() },
            reason: None,
            metadata: Metadata::default(),
            over_wire: false,
            fingerprint: None,
        };
        Refund::create(new, outcome, NOW)
    }

    #[test]
    fn a_pending_refund_settles_once_and_still_replays_as_pending() {
        let pending = refund(RefundOutcome::Pending { ask_at: NOW });
        let done = pending.settle(RefundOutcome::Failed, NOW, &"r".into()).unwrap();
        assert_eq!((done.status, done.due), (RefundStatus::Failed, None));
        assert_eq!(done.settle(RefundOutcome::Succeeded, NOW, &"r".into()), Err(AlreadySettled));
        assert_eq!(done.into_created().status, RefundStatus::Pending);
    }

    #[test]
    fn a_refund_that_succeeded_at_once_is_settled() {
        assert_eq!(
            refund(RefundOutcome::Succeeded).settle(RefundOutcome::Failed, NOW, &"r".into()),
            Err(AlreadySettled)
        );
    }
}
