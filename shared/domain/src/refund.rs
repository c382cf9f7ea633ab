//! A refund: money on its way back, wholly or in part.

use serde::{Deserialize, Serialize};

use crate::{
    front_door::FrontDoor,
    id::{PaymentId, RefundId},
    idempotency::Fingerprint,
    metadata::Metadata,
    money::Money,
    time::Timestamp,
};

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The network has it and has not decided.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not; the amount can be refunded again.
    Failed,
    /// The merchant called it back before it went; the amount can be refunded again.
    Canceled,
}

/// What a network made of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed,
    /// The network decides later; ask it again at `ask_at`.
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
    pub request_id: String,
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
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What the create answered, kept by the first change after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<RefundStatus>,
    /// The metadata that the create answered, kept by the first change of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_metadata: Option<Metadata>,
}

/// What a create asks for, checked.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// The id: random, or derived from the idempotency key.
    pub id: RefundId,
    /// The API it is asked for through.
    pub front_door: FrontDoor,
    /// The request.
    pub request_id: String,
    /// The payment.
    pub payment: PaymentId,
    /// How much goes back.
    pub amount: Money,
    /// Why.
    pub reason: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// The request's fingerprint, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

/// The refund is settled already: its status no longer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the refund is already settled")]
pub struct AlreadySettled;

impl Refund {
    /// Makes the refund that a network's answer describes.
    pub fn create(new: NewRefund, outcome: RefundOutcome, now: Timestamp) -> Self {
        let (status, due) = Self::standing(outcome);
        Self {
            id: new.id,
            version: 1,
            front_door: new.front_door,
            request_id: new.request_id,
            payment: new.payment,
            amount: new.amount,
            reason: new.reason,
            metadata: new.metadata,
            status,
            created: now,
            updated: now,
            due,
            fingerprint: new.fingerprint,
            first: None,
            first_metadata: None,
        }
    }

    /// Records what the network said of a pending refund.
    pub fn settle(
        &self,
        outcome: RefundOutcome,
        now: Timestamp,
        request_id: &str,
    ) -> Result<Self, AlreadySettled> {
        if self.status != RefundStatus::Pending {
            return Err(AlreadySettled);
        }
        let (status, due) = Self::standing(outcome);
        Ok(Self {
            version: self.version + 1,
            status,
            due,
            updated: now,
            request_id: request_id.to_owned(),
            first: Some(self.first.unwrap_or(self.status)),
            ..self.clone()
        })
    }

    /// The next version, called back by the merchant.
    pub fn canceled(&self, now: Timestamp, request_id: &str) -> Result<Self, AlreadySettled> {
        self.settle(RefundOutcome::Failed, now, request_id)
            .map(|settled| Self {
                status: RefundStatus::Canceled,
                ..settled
            })
    }

    /// The next version, with other metadata.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata, now: Timestamp, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            first: Some(self.first.unwrap_or(self.status)),
            first_metadata: Some(
                self.first_metadata
                    .clone()
                    .unwrap_or_else(|| self.metadata.clone()),
            ),
            metadata,
            updated: now,
            request_id: request_id.to_owned(),
            ..self.clone()
        }
    }

    /// Records what the network said before the create was answered: its answer is this, not what was stored first.
    pub fn settle_at_once(
        &self,
        outcome: RefundOutcome,
        now: Timestamp,
        request_id: &str,
    ) -> Result<Self, AlreadySettled> {
        self.settle(outcome, now, request_id).map(|settled| Self {
            first: self.first,
            ..settled
        })
    }

    /// The refund as its create answered it, whatever happened since.
    #[must_use]
    pub fn as_first_answered(mut self) -> Self {
        if let Some(status) = self.first.take() {
            self.status = status;
        }
        if let Some(metadata) = self.first_metadata.take() {
            self.metadata = metadata;
        }
        self
    }

    fn standing(outcome: RefundOutcome) -> (RefundStatus, Option<Timestamp>) {
        match outcome {
            RefundOutcome::Succeeded => (RefundStatus::Succeeded, None),
            RefundOutcome::Failed => (RefundStatus::Failed, None),
            RefundOutcome::Pending { ask_at } => (RefundStatus::Pending, Some(ask_at)),
        }
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
            request_id: "req_1".into(),
            payment: PaymentId::from_bytes([2; 16]),
            amount: Money {
                minor: 5,
                currency: Currency::from_code("EUR").unwrap(),
            },
            reason: None,
            metadata: Metadata::default(),
            fingerprint: None,
        };
        Refund::create(new, outcome, NOW)
    }

    #[test]
    fn a_pending_refund_settles_once_and_still_replays_as_pending() {
        let pending = refund(RefundOutcome::Pending { ask_at: NOW });
        let done = pending.settle(RefundOutcome::Failed, NOW, "r").unwrap();
        assert_eq!((done.status, done.due), (RefundStatus::Failed, None));
        assert_eq!(
            done.settle(RefundOutcome::Succeeded, NOW, "r"),
            Err(AlreadySettled)
        );
        assert_eq!(done.as_first_answered().status, RefundStatus::Pending);
    }

    #[test]
    fn a_refund_that_succeeded_at_once_is_settled() {
        assert_eq!(
            refund(RefundOutcome::Succeeded).settle(RefundOutcome::Failed, NOW, "r"),
            Err(AlreadySettled)
        );
    }
}
