//! What is stored of a request that needs more than one write: that it is running, then its answer.

use serde::{Deserialize, Serialize};

use crate::{id::IdempotencyRecordId, idempotency::Fingerprint, request_ref::RequestRef, time::Timestamp};

/// A request with an idempotency key that needs more than one write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Its id, derived from the tenant, the route and the key.
    pub id: IdempotencyRecordId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that runs it.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What it asks for; stored as `request`.
    #[serde(rename = "request")]
    pub fingerprint: Fingerprint,
    /// What it was answered, once it was, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When its lease ends: a retry after that may take over.
    pub until: Timestamp,
    /// When it was first started.
    pub created: Timestamp,
}

impl IdempotencyRecord {
    /// What this very request was answered.
    pub fn answer_to(&self, fingerprint: &Fingerprint) -> Option<&str> {
        self.answer.as_deref().filter(|_| &self.fingerprint == fingerprint)
    }

    /// The next version, run by another request because the one before died; `None` while it may still be running.
    pub fn taken_over(&self, now: Timestamp, lease_ms: i64, request: &RequestRef) -> Option<Self> {
        let is_dead = self.answer.is_none() && self.until <= now;
        is_dead.then(|| Self {
            version: self.version + 1,
            request: request.clone(),
            until: now.plus_ms(lease_ms),
            ..self.clone()
        })
    }

    /// The next version, answered.
    #[must_use]
    pub fn answered(&self, answer: String) -> Self {
        Self { version: self.version + 1, answer: Some(answer), ..self.clone() }
    }

    /// The next version, failed: a retry begins again at once.
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
    fn a_run_is_taken_over_when_it_is_dead_and_not_before() {
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
