//! Deliveries: one attempt for every message of the queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, Subject, Tenant, Timestamp, WebhookEndpoint,
    delivery::{AttemptRecord, DeliveryStatus, LOST_AFTER_MS},
    endpoint::{Attempted, EndpointStatus},
};
use tollgate_store::{Cost, Queue, QueueMessage, Replaced, StoreError};
use tollgate_webhooks::{
    Attempt, Delay, EndpointUrl, Outcome, RetrySchedule, SendError, Sender, SigningSecret, UrlRules, render,
    sign, to_js_string,
};

use crate::{Worker, error::Error, idempotency::TRIES_MAX};

/// How long the records of attempts are kept after the event, in seconds: 30 days.
const KEEP_S: i64 = 30 * 24 * 60 * 60;
/// Held-back deliveries come back within so many milliseconds of each other.
const HELD_BACK_SPREAD_MS: u64 = 60_000;
/// Events that a function remembers: about as many as it delivers at the same time.
const KNOWN_EVENTS_MAX: usize = 32;

/// How long after it happened an event is remembered for, in milliseconds. A later attempt reads it again, since what it tells of a
/// person may have been erased.
const KNOWN_FOR_MS: i64 = 10_000;

type KnownEvents = HashMap<(Tenant, EventId), Arc<Event>>;

/// What a message of the webhook queue says: make this attempt. The event itself is read from its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whose event it is; stored as `scope`.
    #[serde(rename = "scope")]
    pub tenant: Tenant,
    /// The event.
    pub event: EventId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The how-manieth attempt, from 1.
    pub attempt: u32,
}

/// The format in which messages are written, and the newest that is read.
const MESSAGE_FORMAT: u32 = 1;

/// A message's text: a release that is rolled out or back meets messages of the other one.
#[derive(Serialize, Deserialize)]
struct Written<M> {
    /// The format. None means 1.
    #[serde(rename = "f", default = "first_format")]
    format: u32,
    #[serde(flatten)]
    message: M,
}

const fn first_format() -> u32 {
    1
}

impl Message {
    /// Reads a message. One of a newer format is an error, so that the queue brings it again, to a release that reads it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = |e: serde_json::Error| Error::Internal(format!("message does not read: {e}"));
        let written: Written<serde_json::Value> = serde_json::from_str(text).map_err(bad)?;
        if written.format > MESSAGE_FORMAT {
            return Err(Error::Internal(format!(
                "message has format {}; this release reads up to {MESSAGE_FORMAT}",
                written.format
            )));
        }
        serde_json::from_value(written.message).map_err(bad)
    }

    /// The message as it is put on the queue, in its endpoint's own group: a dead endpoint slows no other.
    pub fn on_queue(&self, delay_s: u32) -> Result<QueueMessage, Error> {
        let written = Written { format: MESSAGE_FORMAT, message: self };
        let body = serde_json::to_string(&written).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(QueueMessage { body, group: self.endpoint.to_string(), delay_s })
    }
}

/// How deliveries are made.
#[derive(Clone, Debug)]
pub struct DeliverySettings {
    /// When failed ones are tried again.
    pub schedule: RetrySchedule,
    /// Whether they may go to this very machine, as the local cloud allows.
    pub allow_loopback: bool,
}

impl DeliverySettings {
    /// Reads `TOLLGATE_WEBHOOK_RETRY_SECONDS` and `TOLLGATE_ALLOW_LOOPBACK_WEBHOOKS`.
    pub fn from_environment() -> Result<Self, Error> {
        let schedule = match std::env::var("TOLLGATE_WEBHOOK_RETRY_SECONDS") {
            Ok(text) if !text.is_empty() => text.parse().map_err(|e| Error::Internal(format!("{e}")))?,
            _ => RetrySchedule::default(),
        };
        let allow_loopback =
            std::env::var("TOLLGATE_ALLOW_LOOPBACK_WEBHOOKS").is_ok_and(|value| value == "true");
        Ok(Self { schedule, allow_loopback })
    }
}

/// Makes attempts.
#[derive(Clone, Debug)]
pub struct Deliverer {
    worker: Worker,
    queue: Queue,
    sender: Sender,
    settings: DeliverySettings,
    events: Arc<Mutex<KnownEvents>>,
}

impl Deliverer {
    /// A deliverer that puts further attempts on `queue`.
    pub fn new(worker: Worker, queue: Queue, settings: DeliverySettings) -> Result<Self, Error> {
        let sender = Sender::new(settings.allow_loopback).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Self { worker, queue, sender, settings, events: Arc::default() })
    }

    /// A copy that counts its calls apart, from zero: what one batch costs.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { worker: self.worker.metered(), ..self.clone() }
    }

    /// What was done through this handle so far.
    pub fn cost(&self) -> Cost {
        self.worker.cost()
    }

    /// Makes the attempt that a message asks for, records it, and sees to the next one if it failed.
    ///
    /// Messages come at least once: one whose attempt was made already is dropped. An error means that nothing was sent,
    /// or that what came of it was not recorded; the queue then brings the message again.
    pub async fn attempt(&self, message: &Message) -> Result<(), Error> {
        let store = &self.worker.store;
        let tenant = message.tenant;
        let delivery_id = format!("{}#{}", message.event, message.endpoint);
        let endpoint_id = message.endpoint.to_string();
        let (delivery, event, endpoint) = tokio::join!(
            store.get::<Delivery>(tenant, &delivery_id),
            self.event(tenant, message),
            store.get::<WebhookEndpoint>(tenant, &endpoint_id),
        );
        let Some(delivery) = delivery? else {
            // Its time to live ended: 30 days after the event there is nothing to deliver.
            return Ok(());
        };
        if delivery.status != DeliveryStatus::Pending || delivery.attempts_made >= message.attempt {
            return Ok(());
        }
        let prepared = event?.zip(endpoint?).and_then(|(event, endpoint)| {
            let (url, body) = self.prepare(tenant, &event, &endpoint)?;
            Some((url, body, endpoint))
        });
        let Some((url, body, endpoint)) = prepared else {
            return self.record(tenant, &delivery, &delivery.canceled()).await;
        };
        let (endpoint, is_try_out) = match self.admit(tenant, endpoint).await? {
            Admission::Normal(endpoint) => (endpoint, false),
            Admission::TryOut(endpoint) => (endpoint, true),
            Admission::HeldBackUntil(until) => {
                return self.hold_back(tenant, &delivery, until).await;
            }
        };
        let at = self.worker.now();
        let secret = SigningSecret::from_text(endpoint.secret.0.clone());
        let id = message.event.to_prefixed("evt_");
        let previous = endpoint.previous_secret(at);
        let previous = previous.map(|secret| SigningSecret::from_text(secret.0.clone()));
        let headers = sign(endpoint.api, &secret, previous.as_ref(), &id, at, &body);
        let attempt = self.sender.post(&url, &headers, body).await;
        self.finish(tenant, &delivery, at, &attempt).await?;
        self.note_health(tenant, endpoint, attempted(&attempt), is_try_out).await
    }

    /// A message's event: a function that delivers one to many endpoints at first reads it once.
    async fn event(&self, tenant: Tenant, message: &Message) -> Result<Option<Arc<Event>>, StoreError> {
        let id = message.event;
        let events = || self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let known = events().get(&(tenant, id)).cloned();
        let now = self.worker.now();
        let known = known.filter(|event| message.attempt == 1 && event.created.plus_ms(KNOWN_FOR_MS) > now);
        if known.is_some() {
            return Ok(known);
        }
        let event: Option<Event> = self.worker.store.get(tenant, &id.to_string()).await?;
        let event = event.map(Arc::new);
        if let Some(event) = &event {
            let mut events = events();
            if events.len() >= KNOWN_EVENTS_MAX {
                events.clear();
            }
            events.insert((tenant, id), event.clone());
        }
        Ok(event)
    }

    /// Whether an attempt may be made: not while the endpoint is paused, and then by one at a time.
    async fn admit(&self, tenant: Tenant, endpoint: WebhookEndpoint) -> Result<Admission, Error> {
        let now = self.worker.now();
        if let Some(until) = endpoint.held_back_until(now) {
            return Ok(Admission::HeldBackUntil(until));
        }
        let Some(trying) = endpoint.tried_out(now) else {
            return Ok(Admission::Normal(endpoint));
        };
        Ok(match self.worker.writer().replace(tenant, &trying).await? {
            Replaced::Done => Admission::TryOut(trying),
            Replaced::Conflict(other) => {
                let until = other.and_then(|other| other.held_back_until(now));
                until.map_or(Admission::Normal(endpoint), Admission::HeldBackUntil)
            }
        })
    }

    /// Leaves a delivery to due work, somewhat later than its endpoint is tried out, so that not all come at once.
    async fn hold_back(&self, tenant: Tenant, delivery: &Delivery, until: Timestamp) -> Result<(), Error> {
        let later = i64::try_from(self.random() % HELD_BACK_SPREAD_MS).unwrap_or(0);
        let held = delivery.held_back(until.plus_ms(later));
        self.record(tenant, delivery, &held).await
    }

    /// Where the event goes and what is sent; `None` when the endpoint no longer takes it.
    fn prepare(
        &self,
        tenant: Tenant,
        event: &Event,
        endpoint: &WebhookEndpoint,
    ) -> Option<(EndpointUrl, String)> {
        if endpoint.status != EndpointStatus::Enabled || endpoint.deleted {
            return None;
        }
        let challenge_url = match &event.subject {
            Subject::Payment(payment) => self.worker.challenge_url(tenant, payment),
            Subject::Refund(_) | Subject::Customer(_) | Subject::PaymentMethod(_) | Subject::Endpoint(_) => {
                None
            }
        };
        let body = render::event(event, endpoint.api, tenant.mode.is_live(), challenge_url.as_deref())?;
        let rules = UrlRules { live: tenant.mode.is_live(), allow_loopback: self.settings.allow_loopback };
        let url = EndpointUrl::parse(&endpoint.url, rules).ok()?;
        Some((url, to_js_string(&body)))
    }

    async fn finish(
        &self,
        tenant: Tenant,
        delivery: &Delivery,
        at: Timestamp,
        attempt: &Attempt,
    ) -> Result<(), Error> {
        let number = delivery.attempts_made + 1;
        let record = AttemptRecord {
            number,
            at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            response: attempt.response.clone(),
            error: attempt.error.map(|error| error.to_string()),
        };
        let expires_at_s = delivery.created.s().saturating_add(KEEP_S);
        self.worker.writer().put_attempt(tenant, delivery, &record, expires_at_s).await?;
        let now = self.worker.now();
        let outcome = attempt.outcome();
        let delay = match outcome {
            Outcome::Delivered | Outcome::Gone => None,
            Outcome::Failed => self.settings.schedule.after(number, self.random()),
        };
        let next = delay.map(|delay| {
            let next_at = now.plus_ms(i64::from(delay.seconds()) * 1000);
            match delay {
                // The queue wakes it up; due work looks only for what the queue lost.
                Delay::Queue(_) => (next_at, next_at.plus_ms(LOST_AFTER_MS)),
                Delay::DueWork(_) => (next_at, next_at),
            }
        });
        let status = match (outcome, next) {
            (Outcome::Delivered, _) => DeliveryStatus::Succeeded,
            (Outcome::Failed, Some(_)) => DeliveryStatus::Pending,
            (Outcome::Gone, _) | (Outcome::Failed, None) => DeliveryStatus::Failed,
        };
        if let Some(Delay::Queue(seconds)) = delay {
            // Sent before it is recorded: a function that dies in between leaves a message too many, which is dropped,
            // not one too few.
            let message =
                Message { tenant, event: delivery.event, endpoint: delivery.endpoint, attempt: number + 1 };
            self.queue.send(&[message.on_queue(seconds)?]).await?;
        }
        self.record(tenant, delivery, &delivery.attempted(status, next)).await
    }

    async fn record(&self, tenant: Tenant, before: &Delivery, after: &Delivery) -> Result<(), Error> {
        match self.worker.writer().replace(tenant, after).await? {
            Replaced::Done => Ok(()),
            // The same attempt was made twice at the same time, and the other one was recorded first.
            Replaced::Conflict(Some(now)) if now.attempts_made > before.attempts_made => Ok(()),
            // Due work touched it meanwhile: the message comes again and finds the delivery as it is now.
            Replaced::Conflict(_) => {
                Err(StoreError::Contended { key: format!("delivery of {}", before.event), attempts: 1 }
                    .into())
            }
        }
    }

    /// Keeps the endpoint's record of failing, as [`WebhookEndpoint::after_attempt`] says.
    async fn note_health(
        &self,
        tenant: Tenant,
        endpoint: WebhookEndpoint,
        attempted: Attempted,
        is_try_out: bool,
    ) -> Result<(), Error> {
        let mut endpoint = Some(endpoint);
        for _ in 0..TRIES_MAX {
            let Some(current) = endpoint else { return Ok(()) };
            let Some(next) = current.after_attempt(attempted, is_try_out, self.worker.now()) else {
                return Ok(());
            };
            match self.worker.writer().replace(tenant, &next).await? {
                Replaced::Done => return Ok(()),
                Replaced::Conflict(now) => endpoint = now,
            }
        }
        // Others noted the same at the same time; the next attempt notes it again.
        Ok(())
    }

    fn random(&self) -> u64 {
        u64::from_be_bytes(self.worker.random_bytes())
    }
}

/// Whether an attempt is made.
enum Admission {
    /// It is.
    Normal(WebhookEndpoint),
    /// It is, to find out whether the endpoint answers again.
    TryOut(WebhookEndpoint),
    /// The endpoint is left alone until then.
    HeldBackUntil(Timestamp),
}

/// What an attempt says of the endpoint's health.
fn attempted(attempt: &Attempt) -> Attempted {
    match attempt.outcome() {
        Outcome::Delivered => Attempted::Delivered,
        Outcome::Gone => Attempted::Gone,
        Outcome::Failed if attempt.error == Some(SendError::Timeout) => Attempted::TimedOut,
        Outcome::Failed => Attempted::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back() {
        let tenant = Tenant {
            merchant: tollgate_domain::MerchantId::from_bytes([2; 16]),
            mode: tollgate_domain::Mode::Test,
        };
        let message = Message {
            tenant,
            event: EventId::from_bytes([3; 16]),
            endpoint: EndpointId::from_bytes([4; 16]),
            attempt: 2,
        };
        assert_eq!(Message::parse(&message.on_queue(0).unwrap().body).unwrap(), message);
        assert!(Message::parse("{}").is_err());
        // As the first releases wrote them, and as one of the future may.
        let text = message.on_queue(0).unwrap().body;
        let first = text.replace("\"f\":1,", "");
        assert_ne!(first, text);
        assert_eq!(Message::parse(&first).unwrap(), message);
        assert!(Message::parse(&text.replace("\"f\":1,", "\"f\":2,")).is_err());
    }
}
