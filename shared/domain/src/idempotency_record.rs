//! Idempotency records: the state and answer of a request that needs more than one write.

use serde::{Deserialize, Serialize};

use crate::{id::IdempotencyRecordId, idempotency::Fingerprint, request_ref::RequestRef, time::Timestamp};

/// A request with an idempotency key that needs more than one write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Its id, derived from the tenant, the route and the key.
    pub id: IdempotencyRecordId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that executes it.
    #[serde(flatten)]
    pub request: RequestRef,
    /// Fingerprint of the request; stored as `request`.
    #[serde(rename = "request")]
    pub fingerprint: Fingerprint,
    /// The answer as JSON, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When the lease ends. A retry after that takes over.
    pub until: Timestamp,
    /// When the request first started.
    pub created: Timestamp,
}

impl IdempotencyRecord {
    /// The stored answer, if the fingerprint is the same.
    pub fn answer_to(&self, fingerprint: &Fingerprint) -> Option<&str> {
        self.answer.as_deref().filter(|_| &self.fingerprint == fingerprint)
    }

    /// Returns the next version for a request that takes over; `None` while the earlier one may be running.
    pub fn taken_over(&self, now: Timestamp, lease_ms: i64, request: &RequestRef) -> Option<Self> {
        let has_died = self.answer.is_none() && self.until <= now;
        has_died.then(|| Self {
            version: self.version + 1,
            request: request.clone(),
            until: now.plus_ms(lease_ms),
            ..self.clone()
        })
    }

    /// Returns the next version, with the answer.
    #[must_use]
    pub fn answered(&self, answer: String) -> Self {
        Self { version: self.version + 1, answer: Some(answer), ..self.clone() }
    }

    /// Returns the next version after a failure: a retry starts again at once.
    #[must_use]
    pub fn given_up(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, until: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::payment::tests::NOW;

    #[test]
    fn a_request_is_taken_over_after_its_lease_and_not_before() {
        let record = IdempotencyRecord {
            id: IdempotencyRecordId::from_bytes([1; 16]),
            version: 1,
            request: "req_1".into(),
            fingerprint: Fingerprint::of("r", &[b"x"]),
            answer: None,
            until: NOW.plus_ms(10),
            created: NOW,
        };
        let take_over = |record: &IdempotencyRecord, at| record.taken_over(at, 10, &"req_2".into());
        assert_eq!(take_over(&record, NOW.plus_ms(9)), None);
        assert_eq!(take_over(&record, NOW.plus_ms(10)).unwrap().until, NOW.plus_ms(20));
        assert!(take_over(&record.given_up(NOW), NOW).is_some());
        let answered = record.answered("null".into());
        assert_eq!(take_over(&answered, NOW.plus_ms(99)), None);
        assert_eq!(answered.answer_to(&record.fingerprint), Some("null"));
        assert_eq!(answered.answer_to(&Fingerprint::of("r", &[b"y"])), None);
    }
}
