//! A webhook endpoint: where a merchant wants its events, in the shape of which API.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    front_door::FrontDoor, id::EndpointId, idempotency::Fingerprint, metadata::Metadata, time::Timestamp,
};

/// Most endpoints of one merchant in one mode: one event is sent to each of them.
pub const MAX_ENDPOINTS: usize = 16;
/// Most entries of [`WebhookEndpoint::enabled_events`].
pub const MAX_ENABLED_EVENTS: usize = 100;

/// A signing secret. It is stored, because every delivery needs it, but never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether deliveries are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// Deliveries are made.
    Enabled,
    /// None are: the endpoint said it is gone (410), or failed for five days.
    Disabled,
}

/// A secret that was rolled: it still signs, beside the new one, until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when.
    pub until: Timestamp,
}

/// A webhook endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// The request that made its latest version.
    pub request_id: String,
    /// Where deliveries go.
    pub url: String,
    /// The API whose event names, body shape and signature header are used.
    pub api: FrontDoor,
    /// Event types, `prefix.*` patterns, or `*` for all.
    pub enabled_events: Vec<String>,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Whether deliveries are made.
    pub status: EndpointStatus,
    /// Signs the deliveries.
    pub secret: Secret,
    /// The secret before this one, while the merchant's receivers change over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
    /// Since when every attempt has failed; absent while deliveries arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Why it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Deleted: the secret is gone, only the id stays, so that it is never given out again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

impl WebhookEndpoint {
    /// The next version, with another secret; the one it had still signs until `until`.
    #[must_use]
    pub fn rolled(&self, secret: Secret, until: Timestamp, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            request_id: request_id.to_owned(),
            previous: Some(PreviousSecret {
                secret: self.secret.clone(),
                until,
            }),
            secret,
            ..self.clone()
        }
    }

    /// The secret before this one, while it still signs.
    pub fn previous_secret(&self, now: Timestamp) -> Option<&Secret> {
        self.previous
            .as_ref()
            .filter(|previous| previous.until > now)
            .map(|previous| &previous.secret)
    }

    /// The next version, deleted.
    #[must_use]
    pub fn erased(&self, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            request_id: request_id.to_owned(),
            secret: Secret(String::new()),
            previous: None,
            status: EndpointStatus::Disabled,
            deleted: true,
            ..self.clone()
        }
    }

    /// Whether it wants events of this type, as named by its API.
    pub fn wants(&self, event_type: &str) -> bool {
        self.status == EndpointStatus::Enabled && self.enabled_events.iter().any(|p| matches(p, event_type))
    }
}

/// Whether a pattern of `enabled_events` covers an event type: `*`, an exact name, or `payment.*`.
pub fn matches(pattern: &str, event_type: &str) -> bool {
    pattern == "*"
        || pattern == event_type
        || pattern.strip_suffix(".*").is_some_and(|prefix| {
            event_type
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_whole_words_only() {
        assert!(matches("*", "payment.succeeded"));
        assert!(matches("payment.*", "payment.succeeded"));
        assert!(matches("payment.succeeded", "payment.succeeded"));
        assert!(!matches("payment.*", "payment_intent.succeeded"));
        assert!(!matches("pay.*", "payment.succeeded"));
        assert!(!matches("payment.failed", "payment.succeeded"));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert!(!format!("{:?}", Secret("whsec_hush".into())).contains("hush"));
    }
}
