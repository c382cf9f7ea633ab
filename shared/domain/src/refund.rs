//! Refunds of payments, in full or in part.

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

/// The status of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The processor has not decided.
    Pending,
    /// The amount was refunded.
    Succeeded,
    /// The processor refused. The amount can be refunded again.
    Failed,
    /// The merchant canceled it before it was sent. The amount can be refunded again.
    Canceled,
}

impl RefundStatus {
    /// Its name: `pending`, `succeeded`, `failed` or `canceled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// A processor's answer to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The amount was refunded.
    Succeeded,
    /// The processor refused.
    Failed,
    /// The processor decides later.
    Pending {
        /// When to query the processor.
        ask_at: Timestamp,
    },
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// The id.
    pub id: RefundId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The API that created it.
    pub front_door: FrontDoor,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The payment.
    pub payment: PaymentId,
    /// The amount to refund.
    pub amount: Money,
    /// The reason, as the API that created it spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The status.
    pub status: RefundStatus,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When due work has to process it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The requests to the processor, if a processor refunds; `None` if the sandbox does. Refunds of the
    /// first releases have none, although a processor refunded them. Stored as `network`.
    #[serde(rename = "network", default, skip_serializing_if = "Option::is_none")]
    pub processor_refund: Option<ProcessorRefund>,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// The requests of a refund to a processor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorRefund {
    /// The requests that may have reached the processor.
    #[serde(default)]
    pub sent: Sent,
    /// Number of queries to the processor about it.
    #[serde(default)]
    pub attempts: u32,
    /// Since when it has been sent; `None`: since it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Answers that contradict the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unapplied: Vec<Unapplied>,
    /// Since when only the operator can continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_since: Option<Timestamp>,
}

/// The parameters of a create, validated.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// The id: random, or derived from the idempotency key.
    pub id: RefundId,
    /// The API that creates it.
    pub front_door: FrontDoor,
    /// The request.
    pub request: RequestRef,
    /// The payment.
    pub payment: PaymentId,
    /// The amount to refund.
    pub amount: Money,
    /// The reason.
    pub reason: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether a processor refunds; otherwise the sandbox does.
    pub by_processor: bool,
    /// Fingerprint of the request, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

/// The refund is settled: its status is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the refund is already settled")]
pub struct AlreadySettled;

impl Refund {
    /// Creates the refund that results from a processor's answer.
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
                .by_processor
                .then(|| ProcessorRefund { sent: Sent::first(now), ..ProcessorRefund::default() }),
            fingerprint: new.fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Records the processor's answer to a pending refund.
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

    /// Returns the next version, canceled by the merchant.
    pub fn canceled(&self, now: Timestamp, request: &RequestRef) -> Result<Self, AlreadySettled> {
        self.settle(RefundOutcome::Failed, now, request)
            .map(|settled| Self { status: RefundStatus::Canceled, ..settled })
    }

    /// Returns the next version with other metadata.
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

    /// The requests to the processor. A refund of the first releases was sent once.
    pub fn processor_requests(&self) -> ProcessorRefund {
        self.processor_refund.clone().unwrap_or_else(|| ProcessorRefund {
            sent: Sent::first(self.created),
            ..ProcessorRefund::default()
        })
    }

    /// Returns the next version with a change of its requests, which no answer shows, and the time of the
    /// next query.
    fn noted(
        &self,
        ask_at: Timestamp,
        request: &RequestRef,
        note: impl FnOnce(&mut ProcessorRefund),
    ) -> Self {
        let mut processor = self.processor_requests();
        note(&mut processor);
        Self {
            version: self.version + 1,
            due: Some(ask_at),
            request: request.clone(),
            processor_refund: Some(processor),
            ..self.clone()
        }
    }

    /// Returns the next version after the create was answered with `pending`.
    #[must_use]
    pub fn answered_pending(&self, now: Timestamp, request: &RequestRef) -> Self {
        self.noted(self.due.unwrap_or(now), request, |_| {})
    }

    /// Returns the next version before a query to the processor. No other run queries it before `ask_at`.
    #[must_use]
    pub fn asked_again(&self, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.attempts = processor.attempts.saturating_add(1);
        })
    }

    /// Returns the next version before the request is sent again.
    #[must_use]
    pub fn sent_again(&self, now: Timestamp, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.sent = processor.sent.again(now);
        })
    }

    /// Returns the next version after a request that certainly had no effect.
    #[must_use]
    pub fn sent_without_effect(&self, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.sent = processor.sent.without_effect();
        })
    }

    /// Returns the next version: only the operator can continue.
    #[must_use]
    pub fn stuck(&self, now: Timestamp, ask_at: Timestamp, request: &RequestRef) -> Self {
        self.noted(ask_at, request, |processor| {
            processor.stuck_since.get_or_insert(now);
        })
    }

    /// Returns the next version, restarted by the operator with all its tries; `None` if it is settled or no
    /// processor refunds it.
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

    /// Returns the next version of a settled refund, with a processor's answer that contradicts the
    /// settlement.
    #[must_use]
    pub fn with_unapplied(&self, answer: String, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = self.noted(now, request, |processor| {
            keep_unapplied(&mut processor.unapplied, answer, now);
        });
        next.due = self.due;
        next
    }

    /// Records the processor's answer before the create is answered: the create's answer then shows the
    /// settled refund.
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

    /// The first releases stored the status.
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
            by_processor: false,
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
