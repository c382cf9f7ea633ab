//! Delivers webhooks: one attempt for every message of the queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tollgate_apis::{EventContext, published, to_canonical};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, Subject, Tenant, Timestamp, WebhookEndpoint,
    delivery::{AttemptRecord, DeliveryStatus, LOST_AFTER_MS},
    endpoint::{Attempted, EndpointStatus},
};
use tollgate_store::{Cost, Replaced, StoreError};
use tollgate_webhooks::{
    Attempt, Delay, EndpointUrl, Outcome, RetrySchedule, SendError, Sender, SigningSecret, UrlRules, sign,
};

use super::{lines, message::Message};
use crate::{
    conflict_retry::{Write, retry_conflicts_bounded},
    due_work::find::DueQueues,
    error::Error,
    worker::Worker,
};

/// How long the records of attempts are kept after the event, in seconds: 30 days.
const ATTEMPT_RETENTION_S: i64 = 30 * 24 * 60 * 60;
/// How long a function trusts that an endpoint's backlog takes deliveries, in milliseconds. With the time of an
/// invocation it is shorter than [`ENDING_MS`](tollgate_domain::backlog::ENDING_MS).
const OPEN_BACKLOG_MS: i64 = 30_000;
/// Backlogs that a function remembers.
const OPEN_BACKLOGS_MAX: usize = 1000;
/// Events that a function caches: about as many as it delivers concurrently.
const KNOWN_EVENTS_MAX: usize = 32;
/// How long after its creation an event is cached, in milliseconds. Later attempts read it again, because its
/// personal data may have been erased.
const KNOWN_EVENT_MS_MAX: i64 = 10_000;

type KnownEvents = HashMap<(Tenant, EventId), Arc<Event>>;
type OpenBacklogs = HashMap<(Tenant, EndpointId), Timestamp>;

/// The settings of deliveries.
#[derive(Clone, Debug)]
pub struct DeliverySettings {
    /// The delays of retries.
    pub schedule: RetrySchedule,
    /// Whether loopback addresses are allowed, as in the local cloud.
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

/// Makes delivery attempts.
#[derive(Clone, Debug)]
pub struct Deliverer {
    worker: Worker,
    queues: DueQueues,
    sender: Sender,
    settings: DeliverySettings,
    events: Arc<Mutex<KnownEvents>>,
    /// Until when a backlog certainly takes deliveries.
    open_backlogs: Arc<Mutex<OpenBacklogs>>,
}

impl Deliverer {
    /// A deliverer that queues further attempts and backlogs on `queues`.
    pub fn new(worker: Worker, queues: DueQueues, settings: DeliverySettings) -> Result<Self, Error> {
        let sender = Sender::new(settings.allow_loopback).map_err(|e| Error::Internal(e.to_string()))?;
        let (events, open_backlogs) = (Arc::default(), Arc::default());
        Ok(Self { worker, queues, sender, settings, events, open_backlogs })
    }

    /// A copy with a new meter, so that the cost of one batch is counted separately.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { worker: self.worker.metered(), ..self.clone() }
    }

    /// The calls made through this handle so far.
    pub fn cost(&self) -> Cost {
        self.worker.cost()
    }

    /// Makes the attempt of a message, records it, and schedules the next one if it failed.
    ///
    /// The queue delivers at least once: a message whose attempt was already made is dropped. An error means
    /// that nothing was sent, or that the result was not recorded; the queue then redelivers the message.
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
            // It expired, 30 days after the event.
            return Ok(());
        };
        if delivery.status != DeliveryStatus::Pending || delivery.attempts_made >= message.attempt {
            return Ok(());
        }
        let event = event?;
        let request_id = event.as_ref().map(|event| event.request.request_id.clone()).unwrap_or_default();
        let prepared = event.zip(endpoint?).and_then(|(event, endpoint)| {
            let (url, body) = self.prepare(tenant, &event, &endpoint)?;
            Some((event, url, body, endpoint))
        });
        let Some((event, url, body, endpoint)) = prepared else {
            lines::not_attempted(message, &request_id, "the endpoint does not take the event");
            return self.record(tenant, &delivery, &delivery.canceled()).await;
        };
        let (endpoint, is_probe) = match self.admit(tenant, endpoint).await? {
            Admission::Normal(endpoint) => (endpoint, false),
            Admission::Probe(endpoint) => (endpoint, true),
            Admission::HeldBackUntil(until) => {
                lines::not_attempted(message, &request_id, "the endpoint is paused");
                return self.hold_back(tenant, &delivery, until).await;
            }
        };
        let at = self.worker.now();
        let attempt = self.send(message, &endpoint, &url, body, at).await;
        lines::attempted(at, &event, &delivery, &attempt);
        self.finish(tenant, &delivery, at, &attempt, is_probe).await?;
        self.note_health(tenant, endpoint, attempted(&attempt), is_probe).await
    }

    /// Signs and sends the body.
    async fn send(
        &self,
        message: &Message,
        endpoint: &WebhookEndpoint,
        url: &EndpointUrl,
        body: String,
        at: Timestamp,
    ) -> Attempt {
        let secret = SigningSecret::from_text(endpoint.secret.0.clone());
        let id = message.event.to_prefixed("evt_");
        let previous = endpoint.previous_secret(at);
        let previous = previous.map(|secret| SigningSecret::from_text(secret.0.clone()));
        let headers = sign(published(endpoint.api).signature(), &secret, previous.as_ref(), &id, at, &body);
        self.sender.post(url, &headers, body).await
    }

    /// A message's event. First attempts use the cache: an event that goes to many endpoints is read once.
    async fn event(&self, tenant: Tenant, message: &Message) -> Result<Option<Arc<Event>>, StoreError> {
        let id = message.event;
        let events = || self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let known = events().get(&(tenant, id)).cloned();
        let now = self.worker.now();
        let known =
            known.filter(|event| message.attempt == 1 && event.created.plus_ms(KNOWN_EVENT_MS_MAX) > now);
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

    /// Whether an attempt may be made: none while the endpoint is paused, and one probe at a time after that.
    async fn admit(&self, tenant: Tenant, endpoint: WebhookEndpoint) -> Result<Admission, Error> {
        let now = self.worker.now();
        if let Some(until) = endpoint.held_back_until(now) {
            return Ok(Admission::HeldBackUntil(until));
        }
        let Some(probed) = endpoint.tried_out(now) else {
            return Ok(Admission::Normal(endpoint));
        };
        Ok(match self.worker.writer().replace(tenant, &probed).await? {
            Replaced::Done => Admission::Probe(probed),
            Replaced::Conflict(other) => {
                let until = other.and_then(|other| other.held_back_until(now));
                until.map_or(Admission::Normal(endpoint), Admission::HeldBackUntil)
            }
        })
    }

    /// Puts a delivery into the backlog of its endpoint, which is paused.
    async fn hold_back(&self, tenant: Tenant, delivery: &Delivery, until: Timestamp) -> Result<(), Error> {
        self.ensure_backlog(tenant, delivery.endpoint, until).await?;
        self.record(tenant, delivery, &delivery.held_back(until)).await
    }

    /// Makes sure that an endpoint's backlog takes deliveries. Before the delivery is written, so that none is in a
    /// backlog that nobody looks at.
    async fn ensure_backlog(
        &self,
        tenant: Tenant,
        endpoint: EndpointId,
        due: Timestamp,
    ) -> Result<(), Error> {
        let open = || self.open_backlogs.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, now) = ((tenant, endpoint), self.worker.now());
        if open().get(&key).is_some_and(|trusted_until| *trusted_until > now) {
            return Ok(());
        }
        self.worker.open_backlog(tenant, endpoint, due).await?;
        let mut open = open();
        if open.len() >= OPEN_BACKLOGS_MAX {
            open.clear();
        }
        open.insert(key, now.plus_ms(OPEN_BACKLOG_MS));
        Ok(())
    }

    /// The URL and the body of a delivery; `None` if the endpoint no longer takes the event.
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
            Subject::Refund(_)
            | Subject::Customer(_)
            | Subject::PaymentMethod(_)
            | Subject::Endpoint(_)
            | Subject::Dispute(_)
            | Subject::Payout(_)
            | Subject::BankAccount(_)
            | Subject::Transfer(_)
            | Subject::Adjustment(_)
            | Subject::ConnectedAccount(_)
            | Subject::BalanceSettings(_)
            | Subject::Billing(_)
            | Subject::Balance(_) => None,
        };
        let context = EventContext { tenant, challenge_url: challenge_url.as_deref() };
        let body = tollgate_apis::event(event, endpoint.api, context)?;
        let rules = UrlRules { live: tenant.mode.is_live(), allow_loopback: self.settings.allow_loopback };
        let url = EndpointUrl::parse(&endpoint.url, rules).ok()?;
        Some((url, to_canonical(&body)))
    }

    /// Records an attempt, queues the next one if it failed, and updates the delivery.
    async fn finish(
        &self,
        tenant: Tenant,
        delivery: &Delivery,
        at: Timestamp,
        attempt: &Attempt,
        is_probe: bool,
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
        let expires_at_s = delivery.created.s().saturating_add(ATTEMPT_RETENTION_S);
        self.worker.writer().put_attempt(tenant, delivery, &record, expires_at_s).await?;
        let now = self.worker.now();
        let is_tried_on = delivery.created.plus_ms(self.settings.schedule.total_ms()) > now;
        if is_probe && is_tried_on && attempted(attempt) == Attempted::TimedOut {
            // A trial uses up none of the delivery's own attempts.
            self.ensure_backlog(tenant, delivery.endpoint, now).await?;
            return self.record(tenant, delivery, &delivery.after_trial(now)).await;
        }
        let outcome = attempt.outcome();
        let tries = number.saturating_sub(delivery.trials);
        let delay = match outcome {
            Outcome::Delivered | Outcome::Gone => None,
            Outcome::Failed => self.settings.schedule.after(tries, self.random()),
        };
        let next = delay.map(|delay| {
            let next_at = now.plus_ms(i64::from(delay.seconds()) * 1000);
            match delay {
                // The queue delivers the message; due work only replaces a lost one.
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
            // Before the record is updated: a function that dies in between leaves a surplus message, which
            // is dropped, instead of losing one.
            let message =
                Message { tenant, event: delivery.event, endpoint: delivery.endpoint, attempt: number + 1 };
            self.queues.webhooks.send(&[message.on_queue(seconds)?]).await?;
        }
        self.record(tenant, delivery, &delivery.attempted(status, next)).await
    }

    /// Updates the delivery's record.
    async fn record(&self, tenant: Tenant, before: &Delivery, after: &Delivery) -> Result<(), Error> {
        match self.worker.writer().replace(tenant, after).await? {
            Replaced::Done => Ok(()),
            // The same attempt was made twice concurrently, and the other one was recorded first.
            Replaced::Conflict(Some(now)) if now.attempts_made > before.attempts_made => Ok(()),
            // Due work changed it meanwhile: the queue redelivers the message, which finds the delivery as it
            // is now.
            Replaced::Conflict(_) => {
                Err(StoreError::Contended { key: format!("delivery of {}", before.event), attempts: 1 }
                    .into())
            }
        }
    }

    /// Updates the endpoint's health, as [`WebhookEndpoint::after_attempt`] says.
    async fn note_health(
        &self,
        tenant: Tenant,
        endpoint: WebhookEndpoint,
        attempted: Attempted,
        is_probe: bool,
    ) -> Result<(), Error> {
        let id = endpoint.id;
        let noted = retry_conflicts_bounded(Some(endpoint), |endpoint| async move {
            let Some(current) = endpoint else { return Ok::<_, Error>(Write::Done(false)) };
            let Some(next) = current.after_attempt(attempted, is_probe, self.worker.now()) else {
                return Ok(Write::Done(false));
            };
            let has_recovered = current.pause.is_some() && next.pause.is_none();
            Ok(Write::after(self.worker.writer().replace(tenant, &next).await?, has_recovered))
        })
        .await?;
        match noted {
            Write::Done(true) => {
                let begun = self.worker.wake_backlog(tenant, id).await?;
                let begun = begun.map(|message| message.on_queue(0)).transpose()?;
                Ok(self.queues.due_work.send(begun.as_slice()).await?)
            }
            // After too many conflicts it is not noted: other attempts noted the same, and the next attempt
            // notes it again.
            Write::Done(false) | Write::Conflict(_) => Ok(()),
        }
    }

    fn random(&self) -> u64 {
        u64::from_be_bytes(self.worker.random_bytes())
    }
}

/// Whether an attempt may be made.
enum Admission {
    /// Yes.
    Normal(WebhookEndpoint),
    /// Yes, as the probe that finds out whether a paused endpoint answers again.
    Probe(WebhookEndpoint),
    /// Not before this time: the endpoint is paused.
    HeldBackUntil(Timestamp),
}

/// What an attempt means for the endpoint's health.
fn attempted(attempt: &Attempt) -> Attempted {
    match attempt.outcome() {
        Outcome::Delivered => Attempted::Delivered,
        Outcome::Gone => Attempted::Gone,
        Outcome::Failed if attempt.error == Some(SendError::Timeout) => Attempted::TimedOut,
        Outcome::Failed => Attempted::Failed,
    }
}
