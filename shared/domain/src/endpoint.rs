//! A webhook endpoint: where a merchant wants its events, in the shape of which API.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// How long deliveries to an endpoint that does not answer are held back.
///
/// An endpoint that hangs costs ten seconds of a function for every attempt, and holds up whatever shares a batch with
/// it. So after a while nothing but one attempt at a time is made, until it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Until when; then one attempt tries it out.
    pub until: Timestamp,
    /// How many attempts in a row found it no better.
    pub times: u32,
}

/// What came of an attempt to deliver, as far as the endpoint's health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// It arrived.
    Delivered,
    /// The endpoint says that it is gone for good.
    Gone,
    /// There was no answer in time.
    TimedOut,
    /// It failed otherwise.
    Failed,
}

/// An endpoint that has failed for so long is disabled, in milliseconds: five days.
pub const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1000;
/// An endpoint that has not answered for so long is paused, in milliseconds.
pub const PAUSE_AFTER_MS: i64 = 10_000;
/// The first pause, in milliseconds; each further one is twice as long, up to the longest.
const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause, in milliseconds: a quarter of an hour.
const LONGEST_PAUSE_MS: i64 = 15 * 60 * 1000;
/// How long the attempt that tries a paused endpoint out may take, in milliseconds; the next one waits for it.
const TRY_OUT_MS: i64 = 15_000;

impl Pause {
    fn after(times: u32, now: Timestamp) -> Self {
        let doubled = FIRST_PAUSE_MS.saturating_mul(1 << times.min(10));
        Self { until: now.plus_ms(doubled.min(LONGEST_PAUSE_MS)), times: times.saturating_add(1) }
    }
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

    /// Until when deliveries are held back, if they are.
    pub fn held_back_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.pause.map(|pause| pause.until).filter(|until| *until > now)
    }

    /// The next version of a paused endpoint whose pause is over: the attempt that puts it is the one that tries it out,
    /// and all others wait for that. `None` for one that is not paused.
    pub fn tried_out(&self, now: Timestamp) -> Option<Self> {
        let pause = self.pause?;
        let until = now.plus_ms(TRY_OUT_MS);
        Some(self.noted(|next| next.pause = Some(Pause { until, ..pause })))
    }

    /// The next version, no longer paused: its merchant says that it answers. `None` for one that is not paused.
    pub fn unpaused(&self) -> Option<Self> {
        self.pause.map(|_| self.noted(|next| next.pause = None))
    }

    /// The next version after an attempt, or `None` when nothing about it changes: since when it fails, whether it is
    /// paused, and off after five days or a 410. `is_try_out` says whether it was [`WebhookEndpoint::tried_out`].
    pub fn after_attempt(&self, attempted: Attempted, is_try_out: bool, now: Timestamp) -> Option<Self> {
        if self.deleted || self.status == EndpointStatus::Disabled {
            return None;
        }
        match (attempted, self.failing_since) {
            (Attempted::Delivered, None) if self.pause.is_none() => None,
            (Attempted::Delivered, _) => Some(self.noted(|next| {
                next.failing_since = None;
                next.pause = None;
            })),
            (Attempted::Gone, _) => Some(self.given_up("the endpoint answered 410 Gone", now)),
            (_, None) => Some(self.noted(|next| next.failing_since = Some(now))),
            (_, Some(since)) if since.plus_ms(DISABLE_AFTER_MS) <= now => {
                Some(self.given_up("every delivery failed for five days", now))
            }
            (Attempted::TimedOut, Some(since)) => {
                let is_lasting = since.plus_ms(PAUSE_AFTER_MS) <= now;
                let is_new = is_try_out || (is_lasting && self.held_back_until(now).is_none());
                let times = self.pause.map_or(0, |pause| pause.times);
                is_new.then(|| self.noted(|next| next.pause = Some(Pause::after(times, now))))
            }
            // It answers, if not well: then it holds nobody up.
            (Attempted::Failed, Some(_)) if self.pause.is_some() => {
                Some(self.noted(|next| next.pause = None))
            }
            (Attempted::Failed, Some(_)) => None,
        }
    }

    /// The next version, disabled because deliveries do not arrive.
    fn given_up(&self, reason: &str, now: Timestamp) -> Self {
        // Nobody asked for this change.
        self.changed(now, &RequestRef::default(), |next| {
            next.status = EndpointStatus::Disabled;
            next.disabled_reason = Some(reason.to_owned());
            next.pause = None;
        })
    }

    /// The next version with a note about its health, which nobody asked for: it has no request, so that a conflict is
    /// never taken for our own write.
    fn noted(&self, note: impl FnOnce(&mut Self)) -> Self {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::payment::tests::NOW;

    #[test]
    fn patterns_cover_whole_words_only() {
        assert!(matches("*", "payment.succeeded"));
        assert!(matches("payment.*", "payment.succeeded"));
        assert!(matches("payment.succeeded", "payment.succeeded"));
        assert!(!matches("payment.*", "payment_intent.succeeded"));
        assert!(!matches("pay.*", "payment.succeeded"));
        assert!(!matches("payment.failed", "payment.succeeded"));
    }

    fn endpoint(failing_since: Option<Timestamp>) -> WebhookEndpoint {
        WebhookEndpoint {
            id: EndpointId::from_bytes([1; 16]),
            version: 3,
            request: "req_1".into(),
            url: "https://shop.example/hooks".into(),
            api: FrontDoor::Charges,
            enabled_events: vec!["*".into()],
            description: None,
            metadata: Metadata::default(),
            status: EndpointStatus::Enabled,
            secret: Secret("whsec_x".into()),
            previous: None,
            failing_since,
            pause: None,
            disabled_reason: None,
            deleted: false,
            created: NOW,
            updated: Some(NOW),
            fingerprint: None,
            replay: ReplaySnapshots::default(),
        }
    }

    #[test]
    fn an_endpoint_is_disabled_after_five_days_of_failures_and_not_before() {
        let failed = |since, now| endpoint(since).after_attempt(Attempted::Failed, false, now);
        assert_eq!(failed(None, NOW).unwrap().failing_since, Some(NOW));
        assert_eq!(failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS - 1)), None);
        let disabled = failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS)).unwrap();
        assert_eq!((disabled.status, disabled.version), (EndpointStatus::Disabled, 4));
        assert!(disabled.disabled_reason.unwrap().contains("five days"));
    }

    #[test]
    fn one_delivery_that_arrives_clears_the_record_and_a_410_ends_it() {
        let after = |endpoint: &WebhookEndpoint, attempted| endpoint.after_attempt(attempted, false, NOW);
        assert_eq!(after(&endpoint(None), Attempted::Delivered), None);
        let cleared = after(&endpoint(Some(NOW)), Attempted::Delivered).unwrap();
        assert_eq!((cleared.failing_since, cleared.status), (None, EndpointStatus::Enabled));
        let gone = after(&endpoint(None), Attempted::Gone).unwrap();
        assert_eq!(gone.status, EndpointStatus::Disabled);
        assert_eq!(after(&gone, Attempted::Failed), None);
    }

    #[test]
    fn an_endpoint_that_does_not_answer_is_paused_and_tried_out_by_one_attempt_at_a_time() {
        let at = |ms: i64| NOW.plus_ms(ms);
        // One timeout may be bad luck, and so may several at once.
        let failing = endpoint(None).after_attempt(Attempted::TimedOut, false, NOW).unwrap();
        assert_eq!(failing.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS - 1)), None);
        let paused = failing.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS)).unwrap();
        let until = at(PAUSE_AFTER_MS + FIRST_PAUSE_MS);
        assert_eq!(paused.held_back_until(at(PAUSE_AFTER_MS)), Some(until));
        // Attempts that were under way when it was paused make the pause no longer.
        assert_eq!(paused.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS + 1)), None);
        assert_eq!(paused.held_back_until(until), None);
        let trying = paused.tried_out(until).unwrap();
        assert_eq!(trying.held_back_until(until), Some(until.plus_ms(TRY_OUT_MS)));
        let again = trying.after_attempt(Attempted::TimedOut, true, until).unwrap();
        assert_eq!(again.held_back_until(until), Some(until.plus_ms(2 * FIRST_PAUSE_MS)));
        for better in [Attempted::Delivered, Attempted::Failed] {
            let healed = trying.after_attempt(better, true, until).unwrap();
            assert_eq!(healed.pause, None);
        }
        let mut endless = again;
        for _ in 0..40 {
            endless = endless.after_attempt(Attempted::TimedOut, true, until).unwrap();
        }
        assert_eq!(endless.held_back_until(until), Some(until.plus_ms(LONGEST_PAUSE_MS)));
        assert_eq!(endpoint(None).tried_out(NOW), None);
    }

    #[test]
    fn a_rolled_secret_is_kept_nowhere_but_beside_the_new_one() {
        let rolled = endpoint(None).rolled(Secret("whsec_new".into()), NOW, NOW, &"req_2".into());
        let mut kept = rolled.rolled(Secret("whsec_newest".into()), NOW, NOW, &"req_3".into());
        kept.keep_snapshot(Fingerprint::of("r", &[b"k"]), Fingerprint::of("r", &[b"x"]));
        let stored = serde_json::to_string(&kept).unwrap();
        assert!(!stored.contains("whsec_x"), "{stored}");
        assert_eq!(stored.matches("whsec_newest").count(), 1, "{stored}");
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert!(!format!("{:?}", Secret("whsec_hush".into())).contains("hush"));
    }
}
