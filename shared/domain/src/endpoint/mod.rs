//! Webhook endpoints of merchants.

mod health;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::health::{Attempted, DISABLE_AFTER_MS, PAUSE_AFTER_MS};
use crate::{
    front_door::FrontDoor,
    id::EndpointId,
    idempotency::Fingerprint,
    metadata::Metadata,
    pause::Pause,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Most endpoints of a tenant. Each event is delivered to each of them.
pub const ENDPOINTS_MAX: usize = 50;
/// Most entries of [`WebhookEndpoint::enabled_events`].
pub const ENABLED_EVENTS_MAX: usize = 100;

/// A signing secret. It is stored because each delivery needs it, and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether an endpoint receives deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// It receives deliveries.
    Enabled,
    /// It receives none: it answered 410 Gone, or all deliveries failed for five days.
    Disabled,
}

/// The secret before a rotation. It signs beside the new one until `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// When it stops signing.
    pub until: Timestamp,
}

/// A webhook endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// The id.
    pub id: EndpointId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The URL of the deliveries.
    pub url: String,
    /// The API that decides event names, body and signature header.
    pub api: FrontDoor,
    /// Event types, `prefix.*` patterns, or `*` for all.
    pub enabled_events: Vec<String>,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Whether it receives deliveries.
    pub status: EndpointStatus,
    /// The signing secret.
    pub secret: Secret,
    /// The secret before the latest rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
    /// Since when all attempts have failed; `None` if the latest succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// The pause, while the endpoint does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The reason why it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Whether it was deleted. The secret is erased; the id stays and is never assigned again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed, other than its health. The first releases did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

impl WebhookEndpoint {
    /// Returns the next version with a new secret. The current one signs until `until`.
    #[must_use]
    pub fn rolled(&self, secret: Secret, until: Timestamp, now: Timestamp, request: &RequestRef) -> Self {
        self.changed(now, request, |next| {
            next.previous =
                Some(PreviousSecret { secret: std::mem::replace(&mut next.secret, secret), until });
        })
    }

    /// Returns the next version with the changes of a closure.
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

    /// Returns the next version with a change of its health. It names no request, so that a conflict is not
    /// mistaken for this request's own write.
    pub(super) fn noted(&self, note: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.request = RequestRef::default();
        note(&mut next);
        next
    }

    /// Whether only the health differs from `before`.
    pub fn is_as_made(&self, before: &Self) -> bool {
        self.url == before.url
            && self.enabled_events == before.enabled_events
            && self.description == before.description
            && self.metadata == before.metadata
            && self.status == before.status
            && self.secret == before.secret
    }

    /// The previous secret, while it signs.
    pub fn previous_secret(&self, now: Timestamp) -> Option<&Secret> {
        self.previous.as_ref().filter(|previous| previous.until > now).map(|previous| &previous.secret)
    }

    /// Returns the next version, deleted.
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

    /// Whether it receives events of this type, as its API names them.
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

    /// Leaves out the secrets: they are stored once, and no event shows them.
    fn snapshot(&self) -> Self {
        Self {
            secret: Secret(String::new()),
            previous: None,
            replay: ReplaySnapshots::default(),
            ..self.clone()
        }
    }
}

/// Whether a pattern of `enabled_events` matches an event type: `*`, an exact name, or a prefix such as
/// `payment.*`.
pub fn matches(pattern: &str, event_type: &str) -> bool {
    pattern == "*"
        || pattern == event_type
        || pattern
            .strip_suffix(".*")
            .is_some_and(|prefix| event_type.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
}
