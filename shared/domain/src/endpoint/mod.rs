//! A webhook endpoint: where a merchant wants its events, in the shape of which API.

mod health;
mod pause;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{
    health::{Attempted, DISABLE_AFTER_MS, PAUSE_AFTER_MS},
    pause::Pause,
};
use crate::{
    front_door::FrontDoor,
    id::EndpointId,
    idempotency::Fingerprint,
    metadata::Metadata,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Most endpoints of one merchant in one mode: one event is sent to each of them.
pub const ENDPOINTS_MAX: usize = 50;
/// Most entries of [`WebhookEndpoint::enabled_events`].
pub const ENABLED_EVENTS_MAX: usize = 100;

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
    #[serde(flatten)]
    pub request: RequestRef,
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
    /// It does not answer at all: deliveries are held back for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Why it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Deleted: the secret is gone, only the id stays, so that it is never given out again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed, its health apart. The first releases did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What was answered about it.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

impl WebhookEndpoint {
    /// The next version, with another secret; the one it had still signs until `until`.
    #[must_use]
    pub fn rolled(&self, secret: Secret, until: Timestamp, now: Timestamp, request: &RequestRef) -> Self {
        self.changed(now, request, |next| {
            next.previous =
                Some(PreviousSecret { secret: std::mem::replace(&mut next.secret, secret), until });
        })
    }

    /// The next version, with whatever the closure changes.
    #[must_use]
    pub fn changed(&self, now: Timestamp, request: &RequestRef, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.updated = Some(now);
        next.request.clone_from(request);
        next.keep_created(self);
        change(&mut next);
        next
    }

    /// The next version with a note about its health, which nobody asked for: it has no request, so that a conflict is
    /// never taken for our own write.
    pub(super) fn noted(&self, note: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.request = RequestRef::default();
        note(&mut next);
        next
    }

    /// Whether nothing but its health has changed since.
    pub fn is_as_made(&self, before: &Self) -> bool {
        self.url == before.url
            && self.enabled_events == before.enabled_events
            && self.description == before.description
            && self.metadata == before.metadata
            && self.status == before.status
            && self.secret == before.secret
    }

    /// The secret before this one, while it still signs.
    pub fn previous_secret(&self, now: Timestamp) -> Option<&Secret> {
        self.previous.as_ref().filter(|previous| previous.until > now).map(|previous| &previous.secret)
    }

    /// The next version, deleted.
    #[must_use]
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Self {
        self.changed(now, request, |next| {
            next.secret = Secret(String::new());
            next.previous = None;
            next.status = EndpointStatus::Disabled;
            next.deleted = true;
            next.replay = ReplaySnapshots::default();
        })
    }

    /// Whether it wants events of this type, as named by its API.
    pub fn wants(&self, event_type: &str) -> bool {
        self.status == EndpointStatus::Enabled && self.enabled_events.iter().any(|p| matches(p, event_type))
    }
}

impl Replayable for WebhookEndpoint {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// Without secrets: they are kept in one place, and shown by no event.
    fn snapshot(&self) -> Self {
        Self {
            secret: Secret(String::new()),
            previous: None,
            replay: ReplaySnapshots::default(),
            ..self.clone()
        }
    }
}

/// Whether a pattern of `enabled_events` covers an event type: `*`, an exact name, or `payment.*`.
pub fn matches(pattern: &str, event_type: &str) -> bool {
    pattern == "*"
        || pattern == event_type
        || pattern
            .strip_suffix(".*")
            .is_some_and(|prefix| event_type.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
}
