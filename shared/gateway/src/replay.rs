//! What merchants do with their events and deliveries: look at them, have them sent again, try an endpoint out.

use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, EventKind, FrontDoor, Metadata, Money, Payment, Scope, Subject,
    Timestamp, WebhookEndpoint,
    delivery::{AttemptRecord, DeliveryStatus},
    endpoint::{EndpointStatus, MAX_ENDPOINTS, Secret},
    payment::{NewPayment, Outcome},
};
use tollgate_processors::sandbox;
use tollgate_store::{Cursor, ListQuery, Page, Put, Queue, Replaced, StoreError};
use tollgate_webhooks::{EndpointUrl, SigningSecret, UrlRules, render};

use crate::{
    call::Call,
    deliver::Message,
    error::{Error, Refusal, Thing},
    payments::MAX_TRIES,
};

/// How long a rolled secret still signs, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;
/// Events that one recovery looks at; the next one goes on where it ended.
const RECOVERED_AT_ONCE: usize = 500;
/// Events read at a time.
const PAGE: usize = 100;

/// What to change about an endpoint. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EndpointUpdate {
    /// Another address.
    pub url: Option<String>,
    /// Other events.
    pub enabled_events: Option<Vec<String>>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// All of the metadata, changed.
    pub metadata: Option<Metadata>,
    /// Switched off, or on again.
    pub disabled: Option<bool>,
    /// Whether deliveries may go to this very machine.
    pub allow_loopback: bool,
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// At most so many.
    pub limit: usize,
    /// Only those older than this one.
    pub starting_after: Option<EventId>,
    /// Only those newer than this one, the nearest to it.
    pub ending_before: Option<EventId>,
    /// Only those whose name in `intents` one of these patterns covers.
    pub types: Option<Vec<String>>,
    /// Only those that happened then or later.
    pub created_from: Option<Timestamp>,
    /// Only those that happened then or earlier.
    pub created_to: Option<Timestamp>,
}

/// What a recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Deliveries that are made again.
    pub deliveries: usize,
    /// Where the next recovery goes on, if there is more.
    pub until: Option<Timestamp>,
}

impl Call {
    /// Reads an event. One round trip in a warm function.
    pub async fn retrieve_event(&self, id: EventId) -> Result<Event, Error> {
        let scope = self.tenant().await?;
        let event = self.store.get(scope, &id.to_string(), true).await?;
        Ok(event.ok_or(Refusal::NotFound(Thing::Event))?)
    }

    /// Lists events, the newest first.
    pub async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, Error> {
        let scope = self.tenant().await?;
        let mut query = ListQuery::new(filter.limit);
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        query.after = self
            .cursor::<Event>(scope, filter.starting_after.map(|id| id.to_string()))
            .await?;
        query.before = self
            .cursor::<Event>(scope, filter.ending_before.map(|id| id.to_string()))
            .await?;
        let types = filter.types;
        let keep = |event: &Event| {
            let name = render::event_type(event, FrontDoor::Intents).unwrap_or_default();
            types
                .iter()
                .flatten()
                .any(|pattern| tollgate_domain::endpoint::matches(pattern, name))
        };
        Ok(self
            .store
            .list(scope, &query, types.is_some().then_some(&keep as _))
            .await?)
    }

    /// Lists an endpoint's deliveries, the newest first, each with its attempts.
    pub async fn list_deliveries(
        &self,
        endpoint: EndpointId,
        limit: usize,
        starting_after: Option<EventId>,
    ) -> Result<(Vec<(Delivery, Vec<AttemptRecord>)>, bool), Error> {
        let scope = self.tenant().await?;
        self.retrieve_endpoint(endpoint).await?;
        let mut query = ListQuery::new(limit);
        if let Some(event) = starting_after {
            let id = format!("{event}#{endpoint}");
            let delivery: Option<Delivery> = self.store.get(scope, &id, false).await?;
            let delivery = delivery.ok_or(Refusal::NoSuchCursor)?;
            query.after = Some(Cursor {
                created: delivery.created,
                id,
            });
        }
        let query = query.of_endpoint(scope, endpoint);
        let page: Page<Delivery> = self.store.list(scope, &query, None).await?;
        let more = page.next.is_some();
        let mut deliveries = Vec::with_capacity(page.items.len());
        for delivery in page.items {
            let attempts = self
                .store
                .list_attempts(scope, delivery.event, delivery.endpoint)
                .await?;
            deliveries.push((delivery, attempts));
        }
        Ok((deliveries, more))
    }

    /// Changes an endpoint. Switching it on again forgets that it failed. A read while the caller is admitted, then one
    /// conditional put.
    pub async fn update_endpoint(
        &self,
        id: EndpointId,
        update: &EndpointUpdate,
    ) -> Result<WebhookEndpoint, Error> {
        if let Some(url) = &update.url {
            let rules = UrlRules {
                live: self.tenant().await?.mode.is_live(),
                allow_loopback: update.allow_loopback,
            };
            EndpointUrl::parse(url, rules).map_err(|e| Refusal::UnsafeEndpoint(e.to_string()))?;
        }
        self.change_endpoint(id, |current| {
            let mut next = current.clone();
            next.version += 1;
            next.request_id.clone_from(&self.request_id);
            if let Some(url) = &update.url {
                next.url.clone_from(url);
            }
            if let Some(events) = &update.enabled_events {
                next.enabled_events.clone_from(events);
            }
            if let Some(description) = &update.description {
                next.description.clone_from(description);
            }
            if let Some(metadata) = &update.metadata {
                next.metadata.clone_from(metadata);
            }
            if let Some(disabled) = update.disabled {
                next.status = if disabled {
                    EndpointStatus::Disabled
                } else {
                    EndpointStatus::Enabled
                };
                next.disabled_reason = disabled.then(|| "by its merchant".to_owned());
                next.failing_since = None;
            }
            next
        })
        .await
    }

    /// Gives an endpoint another secret; for a while both sign.
    pub async fn roll_endpoint_secret(
        &self,
        id: EndpointId,
        overlap_s: Option<i64>,
    ) -> Result<WebhookEndpoint, Error> {
        let mut random = [0; 32];
        self.gateway.entropy.fill(&mut random);
        let secret = Secret(SigningSecret::from_random(random).reveal().to_owned());
        let overlap_ms = overlap_s.map_or(OVERLAP_MS, |seconds| seconds.saturating_mul(1000));
        let until = self.now.plus_ms(overlap_ms);
        self.change_endpoint(id, |current| {
            current.rolled(secret.clone(), until, &self.request_id)
        })
        .await
    }

    pub(crate) async fn change_endpoint(
        &self,
        id: EndpointId,
        change: impl Fn(&WebhookEndpoint) -> WebhookEndpoint,
    ) -> Result<WebhookEndpoint, Error> {
        let scope = self.tenant().await?;
        let mut endpoint: Option<WebhookEndpoint> = self.store.get(scope, &id.to_string(), true).await?;
        for _ in 0..MAX_TRIES {
            let current = endpoint
                .filter(|e| !e.deleted)
                .ok_or(Refusal::NotFound(Thing::WebhookEndpoint))?;
            let next = change(&current);
            self.admitted().await?;
            match self.store.replace(scope, &next).await? {
                Replaced::Done => return Ok(next),
                Replaced::Conflict(now) => endpoint = now,
            }
        }
        Err(StoreError::Contended {
            key: id.to_string(),
            attempts: MAX_TRIES,
        }
        .into())
    }

    /// Has an event sent again, to one endpoint or to all that want it, whatever came of it before.
    pub async fn retry_event(
        &self,
        id: EventId,
        only: Option<EndpointId>,
        queue: &Queue,
    ) -> Result<(Event, usize), Error> {
        let scope = self.tenant().await?;
        let event = self.retrieve_event(id).await?;
        let endpoints: Vec<WebhookEndpoint> = if let Some(endpoint) = only {
            vec![self.retrieve_endpoint(endpoint).await?]
        } else {
            let all = ListQuery::new(MAX_ENDPOINTS);
            self.store.list(scope, &all, None).await?.items
        };
        self.admitted().await?;
        let mut sent = 0;
        for endpoint in endpoints {
            if wants(&endpoint, &event) && self.send_again(scope, &event, &endpoint, true, queue).await? {
                sent += 1;
            }
        }
        Ok((event, sent))
    }

    /// Has an endpoint sent everything that it wants and did not get, of what happened since `since`, the newest first.
    pub async fn recover_endpoint(
        &self,
        id: EndpointId,
        since: Timestamp,
        until: Option<Timestamp>,
        queue: &Queue,
    ) -> Result<Recovered, Error> {
        let scope = self.tenant().await?;
        let endpoint = self.retrieve_endpoint(id).await?;
        self.admitted().await?;
        let mut query = ListQuery::new(PAGE);
        query.created_from = Some(since);
        query.created_to = until;
        let mut recovered = Recovered::default();
        let mut looked_at = 0;
        loop {
            let page: Page<Event> = self.store.list(scope, &query, None).await?;
            for event in page.items.iter().filter(|event| wants(&endpoint, event)) {
                if self.send_again(scope, event, &endpoint, false, queue).await? {
                    recovered.deliveries += 1;
                }
            }
            looked_at += page.items.len();
            query.after = page.next;
            let Some(next) = &query.after else { break };
            if looked_at >= RECOVERED_AT_ONCE {
                recovered.until = Some(next.created);
                break;
            }
        }
        Ok(recovered)
    }

    /// Puts a delivery on the queue once more; `even_delivered` says whether one that arrived is made again.
    async fn send_again(
        &self,
        scope: Scope,
        event: &Event,
        endpoint: &WebhookEndpoint,
        even_delivered: bool,
        queue: &Queue,
    ) -> Result<bool, Error> {
        let new = Delivery::new(event.id, endpoint.id, self.now);
        let delivery = match self.store.create(scope, &new).await? {
            Put::Created => new,
            Put::Exists(existing) if existing.status == DeliveryStatus::Succeeded && !even_delivered => {
                return Ok(false);
            }
            Put::Exists(existing) => {
                let Some(next) = existing.retried(self.now) else {
                    return Ok(false);
                };
                match self.store.replace(scope, &next).await? {
                    Replaced::Done => next,
                    // An attempt is being recorded this moment: it is on its way anyway.
                    Replaced::Conflict(_) => return Ok(false),
                }
            }
        };
        let message = Message {
            scope,
            event: event.id,
            endpoint: endpoint.id,
            attempt: delivery.attempts_made + 1,
        };
        queue.send(&[message.on_queue(0)?]).await?;
        Ok(true)
    }

    /// Sends an endpoint an event that tells of a payment that was never made.
    pub async fn test_endpoint(&self, id: EndpointId, queue: &Queue) -> Result<Event, Error> {
        let scope = self.tenant().await?;
        let endpoint = self.retrieve_endpoint(id).await?;
        let card = sandbox::card_token("pm_card_visa");
        let card = card.ok_or_else(|| Error::Internal("the sandbox lost its card".into()))?;
        let euro = tollgate_domain::Currency::from_code("EUR");
        let currency = euro.ok_or_else(|| Error::Internal("there is no euro".into()))?;
        let payment = NewPayment {
            id: self.gateway.new_id(),
            front_door: self.front_door,
            request_id: self.request_id.clone(),
            amount: Money {
                minor: 1000,
                currency,
            },
            source: Some(card.source),
            instrument: Some(card.instrument),
            customer: None,
            description: Some("A test event: no payment was made".to_owned()),
            metadata: Metadata::default(),
            fingerprint: None,
        };
        let event = Event {
            id: self.gateway.new_id(),
            kind: EventKind::PaymentSucceeded,
            created: self.now,
            request_id: self.request_id.clone(),
            subject: Subject::Payment(Box::new(Payment::create(payment, Outcome::Approved, self.now))),
            previous: None,
        };
        self.admitted().await?;
        self.store.create(scope, &event).await?;
        self.send_again(scope, &event, &endpoint, true, queue).await?;
        Ok(event)
    }
}

fn wants(endpoint: &WebhookEndpoint, event: &Event) -> bool {
    !endpoint.deleted
        && render::event_type(event, endpoint.api).is_some_and(|event_type| endpoint.wants(event_type))
}
