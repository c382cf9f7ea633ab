//! The log lines of an event's way: published, and each attempt to deliver it. They name the request that caused the
//! event, and its payment.

use serde::Serialize;
use tollgate_domain::{Delivery, Event, EventId, FrontDoor, Subject, Timestamp, event::EventKind};
use tollgate_store::money_of;
use tollgate_webhooks::{Attempt, Outcome};

use super::message::Message;
use crate::metrics::{
    AttemptOutcome, DECLINES, EVENT_AGE, Metric, PAYMENTS, PaymentOutcome, WEBHOOK_AGE, WEBHOOK_WAIT,
    line::{Level, write},
};

/// What the lines of an event have in common.
#[derive(Serialize)]
struct Way {
    event: String,
    request_id: String,
    /// The payment, and the refund.
    resources: String,
}

impl Way {
    fn of(event: &Event) -> Self {
        let request_id = event.request.request_id.clone();
        Self { event: name_of(event.id), request_id, resources: money_of(&event.subject).join(",") }
    }
}

fn name_of(event: EventId) -> String {
    event.to_prefixed("evt_")
}

#[derive(Serialize)]
struct Published<'a> {
    #[serde(rename = "EventAge")]
    age_ms: i64,
    #[serde(flatten)]
    payment: Option<PaymentEnd>,
    #[serde(flatten)]
    way: Way,
    kind: EventKind,
    key: &'a str,
    /// `checkout`'s name of the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    messages: usize,
}

/// What an event says of the end of a payment.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PaymentEnd {
    api: &'static str,
    outcome: PaymentOutcome,
    payments: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declines: Option<u8>,
}

impl PaymentEnd {
    /// `None` for an event that is not the end of a payment. Of the events of one end this is one.
    fn of(event: &Event) -> Option<Self> {
        let Subject::Payment(payment) = &event.subject else { return None };
        let outcome = match event.kind {
            EventKind::PaymentSucceeded => PaymentOutcome::Succeeded,
            EventKind::PaymentCapturable => PaymentOutcome::Authorized,
            EventKind::PaymentFailed => PaymentOutcome::Failed,
            EventKind::PaymentCanceled => PaymentOutcome::Canceled,
            _ => return None,
        };
        let decline = payment.state.decline.filter(|_| outcome == PaymentOutcome::Failed);
        Some(Self {
            api: payment.front_door.as_str(),
            outcome,
            payments: 1,
            decline: decline.map(tollgate_domain::source::Decline::code),
            declines: decline.map(|_| 1),
        })
    }

    fn metrics(end: Option<&Self>) -> &'static [&'static Metric] {
        match end {
            None => &[&EVENT_AGE],
            Some(Self { decline: None, .. }) => &[&EVENT_AGE, &PAYMENTS],
            Some(Self { decline: Some(_), .. }) => &[&EVENT_AGE, &PAYMENTS, &DECLINES],
        }
    }
}

/// Writes that the event of a change is published, with its first messages.
pub(super) fn published(now: Timestamp, key: &str, event: &Event, messages: usize) {
    let payment = PaymentEnd::of(event);
    let metrics = PaymentEnd::metrics(payment.as_ref());
    let reference = match &event.subject {
        Subject::Payment(payment) if payment.front_door == FrontDoor::Checkout => {
            Some(payment.id.uuid().to_string())
        }
        _ => None,
    };
    let (way, kind) = (Way::of(event), event.kind);
    let age_ms = age_ms(event.created, now);
    let line = Published { age_ms, payment, way, kind, key, reference, messages };
    write(now, Level::Info, "published", metrics, &line);
}

/// Writes that a change has no events.
pub(super) fn not_an_event(key: &str, request_id: &str) {
    tracing::info!(key, request_id, "published nothing");
}

#[derive(Serialize)]
struct Attempted {
    #[serde(rename = "Outcome")]
    outcome: AttemptOutcome,
    #[serde(rename = "WebhookWait")]
    wait_ms: i64,
    #[serde(rename = "WebhookAge", skip_serializing_if = "Option::is_none")]
    age_ms: Option<i64>,
    #[serde(flatten)]
    way: Way,
    endpoint: String,
    attempt: u32,
    status: Option<u16>,
    error: Option<String>,
    duration_ms: u64,
}

/// Writes what became of an attempt that was made at `at`.
pub(super) fn attempted(at: Timestamp, event: &Event, delivery: &Delivery, attempt: &Attempt) {
    let outcome = match attempt.outcome() {
        Outcome::Delivered => AttemptOutcome::Delivered,
        Outcome::Gone => AttemptOutcome::Gone,
        Outcome::Failed => AttemptOutcome::Failed,
    };
    let age_ms = (outcome == AttemptOutcome::Delivered).then(|| age_ms(event.created, at));
    let metrics = [&WEBHOOK_WAIT, &WEBHOOK_AGE];
    let line = Attempted {
        outcome,
        wait_ms: self::age_ms(delivery.next_attempt_at.unwrap_or(at), at),
        age_ms,
        way: Way::of(event),
        endpoint: delivery.endpoint.to_prefixed("we_"),
        attempt: delivery.attempts_made + 1,
        status: attempt.status,
        error: attempt.error.map(|error| error.to_string()),
        duration_ms: attempt.duration_ms,
    };
    write(at, Level::Info, "attempt", &metrics[..=usize::from(age_ms.is_some())], &line);
}

/// Writes that a message's attempt is not made, and why.
pub(super) fn not_attempted(message: &Message, request_id: &str, why: &str) {
    let event = name_of(message.event);
    let (endpoint, attempt) = (message.endpoint.to_prefixed("we_"), message.attempt);
    tracing::info!(event, endpoint, attempt, request_id, why, "no attempt");
}

/// Milliseconds since `then`. Clocks differ a little between machines.
fn age_ms(then: Timestamp, now: Timestamp) -> i64 {
    now.ms().saturating_sub(then.ms()).max(0)
}
