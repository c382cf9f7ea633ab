//! The delivery of one event to one endpoint: how often it was tried and what came of it.

use serde::{Deserialize, Serialize};

use crate::{
    id::{EndpointId, EventId},
    time::Timestamp,
};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Another attempt will be made.
    Pending,
    /// The endpoint answered with 2xx.
    Succeeded,
    /// Every attempt failed.
    Failed,
    /// The endpoint was deleted or disabled, or does not want the event any more.
    Canceled,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// What is delivered.
    pub event: EventId,
    /// Where to.
    pub endpoint: EndpointId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made so far.
    pub attempts_made: u32,
    /// When the event was published.
    pub created: Timestamp,
    /// When the next attempt is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When due work has to see to it that the next attempt is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// One attempt, as it is stored and listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The how-manieth, from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first 4 KB of the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response: String,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A pending delivery whose message was lost is found by due work this long after its attempt should have been made,
/// in milliseconds. Longer than any queue delay plus a slow attempt.
pub const LOST_AFTER_MS: i64 = 15 * 60 * 1000;

impl Delivery {
    /// A delivery of an event that has just been published.
    pub fn new(event: EventId, endpoint: EndpointId, now: Timestamp) -> Self {
        Self {
            event,
            endpoint,
            version: 1,
            status: DeliveryStatus::Pending,
            attempts_made: 0,
            created: now,
            next_attempt_at: Some(now),
            due: Some(now.plus_ms(LOST_AFTER_MS)),
        }
    }

    /// The next version, after one more attempt.
    ///
    /// `next` is when the attempt after it is to be made and when due work has to look.
    #[must_use]
    pub fn attempted(&self, status: DeliveryStatus, next: Option<(Timestamp, Timestamp)>) -> Self {
        Self {
            version: self.version + 1,
            status,
            attempts_made: self.attempts_made + 1,
            next_attempt_at: next.map(|(at, _)| at),
            due: next.map(|(_, due)| due),
            ..self.clone()
        }
    }

    /// The next version, to be attempted at once on the merchant's wish; `None` while an attempt is on its way anyway.
    pub fn retried(&self, now: Timestamp) -> Option<Self> {
        let is_on_its_way =
            self.status == DeliveryStatus::Pending && self.next_attempt_at.is_none_or(|at| at <= now);
        (!is_on_its_way).then(|| Self {
            version: self.version + 1,
            status: DeliveryStatus::Pending,
            next_attempt_at: Some(now),
            due: Some(now.plus_ms(LOST_AFTER_MS)),
            ..self.clone()
        })
    }

    /// The next version, held back: an endpoint that does not answer is left alone until then.
    #[must_use]
    pub fn held_back(&self, until: Timestamp) -> Self {
        Self { version: self.version + 1, next_attempt_at: Some(until), due: Some(until), ..self.clone() }
    }

    /// The next version, given up before it was attempted.
    #[must_use]
    pub fn canceled(&self) -> Self {
        Self {
            version: self.version + 1,
            status: DeliveryStatus::Canceled,
            next_attempt_at: None,
            due: None,
            ..self.clone()
        }
    }

    /// The next version, looked at by due work, which has put a message on the queue.
    #[must_use]
    pub fn requeued(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, due: Some(now.plus_ms(LOST_AFTER_MS)), ..self.clone() }
    }
}
