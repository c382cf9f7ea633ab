//! Deliveries: one event to one endpoint, with its attempts.

use serde::{Deserialize, Serialize};

use crate::{
    id::{EndpointId, EventId},
    time::Timestamp,
};

/// The status of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Another attempt follows.
    Pending,
    /// The endpoint answered with 2xx.
    Succeeded,
    /// Every attempt failed.
    Failed,
    /// The endpoint was deleted or disabled, or no longer subscribes to the event type.
    Canceled,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event.
    pub event: EventId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The status.
    pub status: DeliveryStatus,
    /// Number of attempts so far.
    pub attempts_made: u32,
    /// When the event was published.
    pub created: Timestamp,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When due work checks that the next attempt was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether it waits in the backlog of its endpoint, which is paused. Then it is no due work itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// Attempts that were trials of a paused endpoint and got no answer. They are not among the attempts of the
    /// retry schedule.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trials: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An attempt, as it is stored and listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// Attempt number, starting at 1.
    pub number: u32,
    /// When it started.
    pub at: Timestamp,
    /// Duration, in milliseconds.
    pub duration_ms: u64,
    /// HTTP status of the response, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first 4 KB of the response.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response: String,
    /// Why there was no response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Longest delay of a message in the queue, in seconds, by SQS's limit.
pub const QUEUE_DELAY_S_MAX: u32 = 900;
/// How long after the due time of its attempt a pending delivery counts as lost, in milliseconds. Longer than
/// the longest queue delay and a slow attempt together. Due work then requeues it.
pub const LOST_AFTER_MS: i64 = 15 * 60 * 1000;

impl Delivery {
    /// Creates the delivery of a published event.
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
            held: false,
            trials: 0,
        }
    }

    /// Returns the next version after an attempt. `next` holds the time of the next attempt and the time when
    /// due work checks it.
    #[must_use]
    pub fn attempted(&self, status: DeliveryStatus, next: Option<(Timestamp, Timestamp)>) -> Self {
        Self {
            version: self.version + 1,
            status,
            attempts_made: self.attempts_made + 1,
            next_attempt_at: next.map(|(at, _)| at),
            due: next.map(|(_, due)| due),
            held: false,
            ..self.clone()
        }
    }

    /// Returns the next version, due at once, for a merchant's retry; `None` while an attempt is already due.
    pub fn retried(&self, now: Timestamp) -> Option<Self> {
        let is_on_its_way =
            self.status == DeliveryStatus::Pending && self.next_attempt_at.is_none_or(|at| at <= now);
        (!is_on_its_way).then(|| Self {
            version: self.version + 1,
            status: DeliveryStatus::Pending,
            next_attempt_at: Some(now),
            due: Some(now.plus_ms(LOST_AFTER_MS)),
            held: false,
            ..self.clone()
        })
    }

    /// Returns the next version, held back: its endpoint is paused until then at least.
    #[must_use]
    pub fn held_back(&self, until: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            next_attempt_at: Some(until),
            due: None,
            held: true,
            ..self.clone()
        }
    }

    /// Returns the next version after an attempt that was its endpoint's trial and got no answer: it goes back to
    /// the backlog.
    #[must_use]
    pub fn after_trial(&self, until: Timestamp) -> Self {
        Self { attempts_made: self.attempts_made + 1, trials: self.trials + 1, ..self.held_back(until) }
    }

    /// Returns the next version, due at once; `None` unless it is held back.
    pub fn released(&self, now: Timestamp) -> Option<Self> {
        (self.held && self.status == DeliveryStatus::Pending).then(|| Self {
            version: self.version + 1,
            next_attempt_at: Some(now),
            due: Some(now.plus_ms(LOST_AFTER_MS)),
            held: false,
            ..self.clone()
        })
    }

    /// Returns the next version, canceled before an attempt.
    #[must_use]
    pub fn canceled(&self) -> Self {
        Self {
            version: self.version + 1,
            status: DeliveryStatus::Canceled,
            next_attempt_at: None,
            due: None,
            held: false,
            ..self.clone()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    #[test]
    fn a_held_delivery_is_due_only_after_it_is_released_and_trials_count_apart() {
        let delivery = Delivery::new(EventId::from_bytes([1; 16]), EndpointId::from_bytes([2; 16]), NOW);
        assert_eq!(delivery.released(NOW), None);
        let held = delivery.held_back(NOW.plus_ms(1)).released(NOW).unwrap().after_trial(NOW.plus_ms(2));
        assert_eq!((held.held, held.due, held.attempts_made, held.trials), (true, None, 1, 1));
        let released = held.released(NOW).unwrap();
        assert_eq!((released.held, released.due), (false, Some(NOW.plus_ms(LOST_AFTER_MS))));
        // Whatever else becomes of it, it leaves the backlog.
        let left = [held.canceled(), held.retried(NOW.plus_ms(1)).unwrap()];
        assert!(left.iter().all(|delivery| !delivery.held));
        assert!(!held.attempted(DeliveryStatus::Succeeded, None).held);
        assert_eq!(held.canceled().released(NOW), None);
    }
}
