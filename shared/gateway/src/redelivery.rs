//! What merchants do with their events and deliveries: look at them, have them sent again, try an endpoint out.

use futures_util::future::{join_all, try_join_all};
use serde::{Deserialize, Serialize};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, EventKind, FrontDoor, Metadata, Money, Payment, Permission,
    Refusal, Resource, Subject, Tenant, Timestamp, WebhookEndpoint,
    delivery::{AttemptRecord, DeliveryStatus},
    endpoint::ENDPOINTS_MAX,
    id,
    payment::{NewPayment, Outcome},
};
use tollgate_processors::sandbox;
use tollgate_store::{ListQuery, Page, Put, Queue, QueueMessage, Replaced};
use tollgate_webhooks::render;

use crate::{
    call::Call,
    deliver::Message,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    page_request::PageRequest,
    publish::wants,
};

/// Events that one recovery looks at; the next one goes on where it ended.
const RECOVERED_AT_ONCE: usize = 500;
/// Events read at a time.
const PAGE: usize = 100;
/// Deliveries prepared at the same time: as many as one call puts on the queue.
const AT_A_TIME: usize = 10;

/// Which events to list.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// Which page.
    pub page_request: PageRequest<id::EventKind>,
    /// Only those whose name in `intents` one of these patterns covers.
    pub types: Option<Vec<String>>,
    /// Only those that happened then or later.
    pub created_from: Option<Timestamp>,
    /// Only those that happened then or earlier.
    pub created_to: Option<Timestamp>,
}

/// What a recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// Deliveries that are made again.
    pub deliveries: usize,
    /// The last event that was looked at, if there is more: the next recovery goes on behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<EventId>,
    /// The same as an instant, in answers that were kept by releases that knew no better place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// The newest event that a recovery looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverUntil {
    /// The newest of those that happened then or earlier.
    Time(Timestamp),
    /// The one before this one, where an earlier recovery ended. Instants do not tell events apart: any number of them may
    /// share one.
    Before(EventId),
}

impl Call {
    /// Reads an event, for a caller who may read what it is about. One round trip in a warm function.
    pub async fn retrieve_event(&self, id: EventId) -> Result<Event, Error> {
        let event = self.find_event(id).await?;
        self.authorized().await?.require(permission_for(&event))?;
        Ok(event)
    }

    async fn find_event(&self, id: EventId) -> Result<Event, Error> {
        let tenant = self.tenant().await?;
        let event = self.store.get(tenant, &id.to_string()).await?;
        Ok(event.ok_or(Refusal::NotFound(Resource::Event))?)
    }

    /// Lists events, the newest first, of what the caller may read. One round trip in a warm function, one more for a caller
    /// that may not read everything on the page.
    pub async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Event, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        let types = filter.types;
        let is_asked_for = |event: &Event| {
            let name = render::event_type(event, FrontDoor::Intents).unwrap_or_default();
            types.iter().flatten().any(|pattern| tollgate_domain::endpoint::matches(pattern, name))
        };
        let page = self.store.list(tenant, &query, types.is_some().then_some(&is_asked_for as _)).await?;
        let caller = self.authorized().await?;
        let is_readable = |event: &Event| caller.may(permission_for(event));
        if page.items.iter().all(is_readable) {
            return Ok(page);
        }
        let keep = |event: &Event| is_readable(event) && (types.is_none() || is_asked_for(event));
        Ok(self.store.list(tenant, &query, Some(&keep)).await?)
    }

    /// Lists an endpoint's deliveries, the newest first, each with its attempts.
    pub async fn list_deliveries(
        &self,
        endpoint: EndpointId,
        page_request: PageRequest<id::EventKind>,
    ) -> Result<(Vec<(Delivery, Vec<AttemptRecord>)>, bool), Error> {
        let tenant = self.tenant().await?;
        self.retrieve_endpoint(endpoint).await?;
        let query = self
            .query_named::<Delivery, _>(tenant, page_request, |event| format!("{event}#{endpoint}"))
            .await?;
        let query = query.of_endpoint(tenant, endpoint);
        let page: Page<Delivery> = self.store.list(tenant, &query, None).await?;
        let more = page.next.is_some();
        let attempts = page
            .items
            .iter()
            .map(|delivery| self.store.list_attempts(tenant, delivery.event, delivery.endpoint));
        let attempts = try_join_all(attempts).await?;
        Ok((page.items.into_iter().zip(attempts).collect(), more))
    }

    /// Has an event sent again, to one endpoint or to all that want it, whatever came of it before; says to how many.
    pub async fn retry_event(
        &self,
        id: EventId,
        only: Option<EndpointId>,
        queue: &Queue,
        idempotency: Option<&Idempotency>,
    ) -> Result<(Event, Idempotent<usize>), Error> {
        let tenant = self.tenant().await?;
        let event = self.retrieve_event(id).await?;
        let work = async {
            let endpoints: Vec<WebhookEndpoint> = if let Some(endpoint) = only {
                vec![self.retrieve_endpoint(endpoint).await?]
            } else {
                let all = ListQuery::new(ENDPOINTS_MAX);
                self.store.list(tenant, &all, None).await?.items
            };
            let wanting = endpoints.iter().filter(|endpoint| wants(endpoint, &event));
            let wanted = wanting.map(|endpoint| (&event, endpoint));
            self.send_again(tenant, wanted, Again::Always, queue).await
        };
        let route = format!("events/{id}/retry");
        let sent = Box::pin(self.run_idempotent(&route, idempotency, work)).await?;
        Ok((event, sent))
    }

    /// Has an endpoint sent everything that it wants and did not get, of what happened since `since`, the newest first. What
    /// waits for a later attempt is attempted now.
    pub async fn recover_endpoint(
        &self,
        id: EndpointId,
        since: Timestamp,
        until: Option<RecoverUntil>,
        queue: &Queue,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Recovered>, Error> {
        let tenant = self.tenant().await?;
        let endpoint = self.retrieve_endpoint(id).await?;
        let mut page_request = PageRequest::newest(PAGE);
        if let Some(RecoverUntil::Before(event)) = until {
            page_request.starting_after = Some(event);
        }
        let mut query = self.query_of::<Event, _>(tenant, page_request).await?;
        query.created_from = Some(since);
        if let Some(RecoverUntil::Time(at)) = until {
            query.created_to = Some(at);
        }
        let work = async {
            if let Some(unpaused) = endpoint.unpaused() {
                // A conflict is a note about its health that came first, and is as good.
                let writer = self.admitted().await?.writer();
                let (Replaced::Done | Replaced::Conflict(_)) = writer.replace(tenant, &unpaused).await?;
            }
            let mut recovered = Recovered::default();
            let mut looked_at = 0;
            loop {
                let page: Page<Event> = self.store.list(tenant, &query, None).await?;
                let wanted = page.items.iter().filter(|event| wants(&endpoint, event));
                let wanted = wanted.map(|event| (event, &endpoint));
                recovered.deliveries += self.send_again(tenant, wanted, Again::IfUndelivered, queue).await?;
                looked_at += page.items.len();
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
                if looked_at >= RECOVERED_AT_ONCE {
                    recovered.last = page.items.last().map(|event| event.id);
                    break;
                }
            }
            Ok(recovered)
        };
        let route = format!("webhook_endpoints/{id}/recover");
        Box::pin(self.run_idempotent(&route, idempotency, work)).await
    }

    /// Puts deliveries on the queue once more; says how many.
    async fn send_again<'a>(
        &self,
        tenant: Tenant,
        wanted: impl Iterator<Item = (&'a Event, &'a WebhookEndpoint)>,
        again: Again,
        queue: &Queue,
    ) -> Result<usize, Error> {
        let wanted: Vec<_> = wanted.collect();
        let mut sent = 0;
        for some in wanted.chunks(AT_A_TIME) {
            let prepared =
                some.iter().map(|(event, endpoint)| self.prepare_again(tenant, event, endpoint, again));
            let mut messages = Vec::with_capacity(some.len());
            for message in join_all(prepared).await {
                messages.extend(message?);
            }
            queue.send(&messages).await?;
            sent += messages.len();
        }
        Ok(sent)
    }

    /// The message of a delivery that is made once more; `None` where there is nothing to make.
    async fn prepare_again(
        &self,
        tenant: Tenant,
        event: &Event,
        endpoint: &WebhookEndpoint,
        again: Again,
    ) -> Result<Option<QueueMessage>, Error> {
        let new = Delivery::new(event.id, endpoint.id, self.now);
        let writer = self.admitted().await?.writer();
        let delivery = match writer.create(tenant, &new).await? {
            Put::Created => new,
            Put::Exists(existing)
                if existing.status == DeliveryStatus::Succeeded && again == Again::IfUndelivered =>
            {
                return Ok(None);
            }
            Put::Exists(existing) => {
                let Some(next) = existing.retried(self.now) else {
                    return Ok(None);
                };
                match writer.replace(tenant, &next).await? {
                    Replaced::Done => next,
                    // An attempt is being recorded this moment: it is on its way anyway.
                    Replaced::Conflict(_) => return Ok(None),
                }
            }
        };
        let message =
            Message { tenant, event: event.id, endpoint: endpoint.id, attempt: delivery.attempts_made + 1 };
        message.on_queue(0).map(Some)
    }

    /// Sends an endpoint an event that tells of a payment that was never made.
    pub async fn test_endpoint(
        &self,
        id: EndpointId,
        queue: &Queue,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Event>, Error> {
        let tenant = self.tenant().await?;
        let endpoint = self.retrieve_endpoint(id).await?;
        let route = format!("webhook_endpoints/{id}/test");
        let event = self.test_event(self.id_for(tenant, &route, idempotency))?;
        let work = async {
            // An earlier try of the same request may have made it.
            let writer = self.admitted().await?.writer();
            let (Put::Created | Put::Exists(_)) = writer.create(tenant, &event).await?;
            let wanted = std::iter::once((&event, &endpoint));
            self.send_again(tenant, wanted, Again::IfUndelivered, queue).await?;
            Ok(())
        };
        let Idempotent { replayed, .. } = Box::pin(self.run_idempotent(&route, idempotency, work)).await?;
        let event = if replayed { self.find_event(event.id).await? } else { event };
        Ok(Idempotent { value: event, replayed })
    }

    fn test_event(&self, id: EventId) -> Result<Event, Error> {
        let card = sandbox::card_token("pm_card_visa");
        let card = card.ok_or_else(|| Error::Internal("the sandbox lost its card".into()))?;
        let euro = tollgate_domain::Currency::from_code("EUR");
        let currency = euro.ok_or_else(|| Error::Internal("there is no euro".into()))?;
        let payment = NewPayment {
            id: self.gateway.new_id(),
            front_door: self.front_door,
            request: self.request.clone(),
            amount: Money { minor: 1000, currency },
            source: Some(card.source),
            instrument: Some(card.instrument),
            customer: None,
            description: Some("A test event: no payment was made".to_owned()),
            metadata: Metadata::default(),
            fingerprint: None,
        };
        Ok(Event {
            id,
            kind: EventKind::PaymentSucceeded,
            created: self.now,
            request: self.request.clone(),
            subject: Subject::Payment(Box::new(Payment::create(payment, Outcome::Approved, self.now))),
            previous: None,
        })
    }
}

/// What the route that reads an event's subject needs: an event shows it whole.
fn permission_for(event: &Event) -> Permission {
    match event.subject {
        Subject::Payment(_) | Subject::Refund(_) | Subject::PaymentMethod(_) => Permission::PaymentsRead,
        Subject::Customer(_) => Permission::CustomersRead,
        Subject::Endpoint(_) => Permission::WebhooksRead,
    }
}

/// Which deliveries are made once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// All of them.
    Always,
    /// Those that did not arrive.
    IfUndelivered,
}
