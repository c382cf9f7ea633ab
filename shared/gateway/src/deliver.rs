//! Deliveries: one attempt for every message of the queue.

use serde::{Deserialize, Serialize};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, Scope, Subject, Timestamp, WebhookEndpoint,
    delivery::{AttemptRecord, DeliveryStatus, LOST_AFTER_MS},
    endpoint::EndpointStatus,
};
use tollgate_store::{Queue, QueueMessage, Replaced, StoreError};
use tollgate_webhooks::{
    Attempt, Delay, EndpointUrl, Outcome, RetrySchedule, Sender, SigningSecret, UrlRules, render, sign,
    to_js_string,
};

use crate::{Gateway, error::Error, payments::MAX_TRIES};

/// How long the records of attempts are kept after the event, in seconds: 30 days.
const KEEP_S: i64 = 30 * 24 * 60 * 60;
/// An endpoint that has failed for so long is disabled, in milliseconds: five days.
const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1000;

/// What a message of the webhook queue says: make this attempt. The event itself is read from its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whose event it is.
    pub scope: Scope,
    /// The event.
    pub event: EventId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The how-manieth attempt, from 1.
    pub attempt: u32,
}

impl Message {
    /// Reads a message.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("message does not read: {e}")))
    }

    /// The message as it is put on the queue, in its endpoint's own group: a dead endpoint slows no other.
    pub fn on_queue(&self, delay_s: u32) -> Result<QueueMessage, Error> {
        let body = serde_json::to_string(self).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(QueueMessage {
            body,
            group: self.endpoint.to_string(),
            delay_s,
        })
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
        Ok(Self {
            schedule,
            allow_loopback,
        })
    }
}

/// Makes attempts.
#[derive(Clone, Debug)]
pub struct Deliverer {
    gateway: Gateway,
    queue: Queue,
    sender: Sender,
    settings: DeliverySettings,
}

impl Deliverer {
    /// A deliverer that puts further attempts on `queue`.
    pub fn new(gateway: Gateway, queue: Queue, settings: DeliverySettings) -> Result<Self, Error> {
        let sender = Sender::new(settings.allow_loopback).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Self {
            gateway,
            queue,
            sender,
            settings,
        })
    }

    /// Makes the attempt that a message asks for, records it, and sees to the next one if it failed.
    ///
    /// Messages come at least once: one whose attempt was made already is dropped. An error means that nothing was sent,
    /// or that what came of it was not recorded; the queue then brings the message again.
    pub async fn attempt(&self, message: &Message) -> Result<(), Error> {
        let store = &self.gateway.store;
        let scope = message.scope;
        let delivery_id = format!("{}#{}", message.event, message.endpoint);
        let (event, endpoint_id) = (message.event.to_string(), message.endpoint.to_string());
        let (delivery, event, endpoint) = tokio::join!(
            store.get::<Delivery>(scope, &delivery_id, true),
            store.get::<Event>(scope, &event, true),
            store.get::<WebhookEndpoint>(scope, &endpoint_id, true),
        );
        let Some(delivery) = delivery? else {
            // Its time to live ended: 30 days after the event there is nothing to deliver.
            return Ok(());
        };
        if delivery.status != DeliveryStatus::Pending || delivery.attempts_made >= message.attempt {
            return Ok(());
        }
        let prepared = event?.zip(endpoint?).and_then(|(event, endpoint)| {
            let (url, body) = self.prepare(scope, &event, &endpoint)?;
            Some((url, body, endpoint))
        });
        let Some((url, body, endpoint)) = prepared else {
            return self.record(scope, &delivery, &delivery.canceled()).await;
        };
        let at = self.gateway.now();
        let secret = SigningSecret::from_text(endpoint.secret.0.clone());
        let id = message.event.spell("evt_");
        let previous = endpoint.previous_secret(at);
        let previous = previous.map(|secret| SigningSecret::from_text(secret.0.clone()));
        let headers = sign(endpoint.api, &secret, previous.as_ref(), &id, at, &body);
        let attempt = self.sender.post(&url, &headers, body).await;
        self.finish(scope, &delivery, &endpoint, at, &attempt).await
    }

    /// Where the event goes and what is sent; `None` when the endpoint no longer takes it.
    fn prepare(
        &self,
        scope: Scope,
        event: &Event,
        endpoint: &WebhookEndpoint,
    ) -> Option<(EndpointUrl, String)> {
        if endpoint.status != EndpointStatus::Enabled || endpoint.deleted {
            return None;
        }
        let challenge_url = match &event.subject {
            Subject::Payment(payment) => self.gateway.challenge_url(scope, payment),
            Subject::Refund(_) | Subject::Customer(_) | Subject::PaymentMethod(_) => None,
        };
        let body = render::event(
            event,
            endpoint.api,
            scope.mode.is_live(),
            challenge_url.as_deref(),
        )?;
        let rules = UrlRules {
            live: scope.mode.is_live(),
            allow_loopback: self.settings.allow_loopback,
        };
        let url = EndpointUrl::parse(&endpoint.url, rules).ok()?;
        Some((url, to_js_string(&body)))
    }

    async fn finish(
        &self,
        scope: Scope,
        delivery: &Delivery,
        endpoint: &WebhookEndpoint,
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
        self.gateway
            .store
            .put_attempt(scope, delivery, &record, expires_at_s)
            .await?;
        let now = self.gateway.now();
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
            let message = Message {
                scope,
                event: delivery.event,
                endpoint: delivery.endpoint,
                attempt: number + 1,
            };
            self.queue.send(&[message.on_queue(seconds)?]).await?;
        }
        self.record(scope, delivery, &delivery.attempted(status, next))
            .await?;
        self.note_health(scope, endpoint, outcome, now).await
    }

    async fn record(&self, scope: Scope, before: &Delivery, after: &Delivery) -> Result<(), Error> {
        match self.gateway.store.replace(scope, after).await? {
            Replaced::Done => Ok(()),
            // The same attempt was made twice at the same time, and the other one was recorded first.
            Replaced::Conflict(Some(now)) if now.attempts_made > before.attempts_made => Ok(()),
            // Due work touched it meanwhile: the message comes again and finds the delivery as it is now.
            Replaced::Conflict(_) => Err(StoreError::Contended {
                key: format!("delivery of {}", before.event),
                attempts: 1,
            }
            .into()),
        }
    }

    /// Keeps the endpoint's record of failing: since when, and off after five days or a 410.
    async fn note_health(
        &self,
        scope: Scope,
        endpoint: &WebhookEndpoint,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut endpoint = Some(endpoint.clone());
        for _ in 0..MAX_TRIES {
            let Some(current) = endpoint else { return Ok(()) };
            let Some(next) = after_attempt(&current, outcome, now) else {
                return Ok(());
            };
            match self.gateway.store.replace(scope, &next).await? {
                Replaced::Done => return Ok(()),
                Replaced::Conflict(now) => endpoint = now,
            }
        }
        // Others noted the same at the same time; the next attempt notes it again.
        Ok(())
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        self.gateway.entropy.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }
}

/// The endpoint's next version after an attempt, or `None` when nothing about it changes.
fn after_attempt(endpoint: &WebhookEndpoint, outcome: Outcome, now: Timestamp) -> Option<WebhookEndpoint> {
    if endpoint.deleted || endpoint.status == EndpointStatus::Disabled {
        return None;
    }
    let disabled = |reason: &str| WebhookEndpoint {
        status: EndpointStatus::Disabled,
        disabled_reason: Some(reason.to_owned()),
        ..endpoint.clone()
    };
    let changed = match (outcome, endpoint.failing_since) {
        (Outcome::Delivered, Some(_)) => WebhookEndpoint {
            failing_since: None,
            ..endpoint.clone()
        },
        (Outcome::Gone, _) => disabled("the endpoint answered 410 Gone"),
        (Outcome::Failed, None) => WebhookEndpoint {
            failing_since: Some(now),
            ..endpoint.clone()
        },
        (Outcome::Failed, Some(since)) if since.plus_ms(DISABLE_AFTER_MS) <= now => {
            disabled("every delivery failed for five days")
        }
        (Outcome::Delivered, None) | (Outcome::Failed, Some(_)) => return None,
    };
    // Nobody asked for this change: it has no request, so a conflict is never taken for our own write.
    Some(WebhookEndpoint {
        version: endpoint.version + 1,
        request_id: String::new(),
        ..changed
    })
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{FrontDoor, Metadata, endpoint::Secret};

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

    fn endpoint(failing_since: Option<Timestamp>) -> WebhookEndpoint {
        WebhookEndpoint {
            id: EndpointId::from_bytes([1; 16]),
            version: 3,
            request_id: "req_1".into(),
            url: "https://shop.example/hooks".into(),
            api: FrontDoor::Charges,
            enabled_events: vec!["*".into()],
            description: None,
            metadata: Metadata::default(),
            status: EndpointStatus::Enabled,
            secret: Secret("whsec_x".into()),
            previous: None,
            failing_since,
            disabled_reason: None,
            deleted: false,
            created: NOW,
            fingerprint: None,
        }
    }

    #[test]
    fn an_endpoint_is_disabled_after_five_days_of_failures_and_not_before() {
        let failed = |since, now| after_attempt(&endpoint(since), Outcome::Failed, now);
        assert_eq!(failed(None, NOW).unwrap().failing_since, Some(NOW));
        assert_eq!(failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS - 1)), None);
        let disabled = failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS)).unwrap();
        assert_eq!((disabled.status, disabled.version), (EndpointStatus::Disabled, 4));
        assert!(disabled.disabled_reason.unwrap().contains("five days"));
    }

    #[test]
    fn one_delivery_that_arrives_clears_the_record_and_a_410_ends_it() {
        assert_eq!(after_attempt(&endpoint(None), Outcome::Delivered, NOW), None);
        let cleared = after_attempt(&endpoint(Some(NOW)), Outcome::Delivered, NOW).unwrap();
        assert_eq!(
            (cleared.failing_since, cleared.status),
            (None, EndpointStatus::Enabled)
        );
        let gone = after_attempt(&endpoint(None), Outcome::Gone, NOW).unwrap();
        assert_eq!(gone.status, EndpointStatus::Disabled);
        assert_eq!(after_attempt(&gone, Outcome::Failed, NOW), None);
    }

    #[test]
    fn a_message_is_read_back() {
        let scope = Scope {
            merchant: tollgate_domain::MerchantId::from_bytes([2; 16]),
            mode: tollgate_domain::Mode::Test,
        };
        let message = Message {
            scope,
            event: EventId::from_bytes([3; 16]),
            endpoint: EndpointId::from_bytes([4; 16]),
            attempt: 2,
        };
        assert_eq!(
            Message::parse(&message.on_queue(0).unwrap().body).unwrap(),
            message
        );
        assert!(Message::parse("{}").is_err());
    }
}
