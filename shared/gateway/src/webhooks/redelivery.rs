//! Redelivery: merchants have events sent again.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, Tenant, Timestamp, WebhookEndpoint, delivery::DeliveryStatus,
    endpoint::ENDPOINTS_MAX,
};
use tollgate_store::{ListQuery, Page, Put, Queue, QueueMessage, Replaced};

use super::{message::Message, subscription::wants};
use crate::{
    call::Call,
    error::Error,
    idempotency::idempotent::{Idempotency, Idempotent},
    pagination::PageRequest,
};

/// Events that one recovery checks: more would take longer than a caller waits. The next recovery continues
/// after them.
const RECOVERED_EVENTS_MAX: usize = 500;
/// Events on a page.
const PAGE_ITEMS: usize = 100;
/// Deliveries that are prepared concurrently: as many as one call can queue.
const CONCURRENT_MAX: usize = 10;

/// The result of a recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// Deliveries that were queued again.
    pub deliveries: usize,
    /// The last event that was checked, if there are more: the next recovery continues after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<EventId>,
    /// The same as a time, in answers stored by earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where a recovery starts: at the newest event to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverUntil {
    /// The newest event created at this time or earlier.
    Time(Timestamp),
    /// The event before this one, where an earlier recovery ended. A time would not do: several events may
    /// share one.
    Before(EventId),
}

impl Call {
    /// Sends an event again, to one endpoint or to all subscribed ones, even if it was delivered; returns the
    /// number of deliveries.
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
            let subscribed = endpoints.iter().filter(|endpoint| wants(endpoint, &event));
            let wanted = subscribed.map(|endpoint| (&event, endpoint));
            self.redeliver(tenant, wanted, Redeliver::Always, queue).await
        };
        let route = format!("events/{id}/retry");
        let sent = Box::pin(self.run_idempotent(&route, idempotency, work)).await?;
        Ok((event, sent))
    }

    /// Sends an endpoint the events since `since` that it subscribes to and did not get, newest first.
    /// Deliveries that wait for a retry are attempted now. Checks [`RECOVERED_EVENTS_MAX`] events at most.
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
        let mut page_request = PageRequest::newest(PAGE_ITEMS);
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
                // A conflict is an attempt's update of the endpoint's health, which is as recent.
                let writer = self.admitted().await?.writer();
                let (Replaced::Done | Replaced::Conflict(_)) = writer.replace(tenant, &unpaused).await?;
                // A finder begins it within a minute.
                let _ = self.admitted().await?.worker().wake_backlog(tenant, id).await?;
            }
            let mut recovered = Recovered::default();
            let mut checked = 0;
            loop {
                let page: Page<Event> = self.store.list(tenant, &query, None).await?;
                let wanted = page.items.iter().filter(|event| wants(&endpoint, event));
                let wanted = wanted.map(|event| (event, &endpoint));
                recovered.deliveries +=
                    self.redeliver(tenant, wanted, Redeliver::IfUndelivered, queue).await?;
                checked += page.items.len();
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
                if checked >= RECOVERED_EVENTS_MAX {
                    recovered.last = page.items.last().map(|event| event.id);
                    break;
                }
            }
            Ok(recovered)
        };
        let route = format!("webhook_endpoints/{id}/recover");
        Box::pin(self.run_idempotent(&route, idempotency, work)).await
    }

    /// Queues deliveries again; returns their number.
    pub(super) async fn redeliver<'a>(
        &self,
        tenant: Tenant,
        wanted: impl Iterator<Item = (&'a Event, &'a WebhookEndpoint)>,
        mode: Redeliver,
        queue: &Queue,
    ) -> Result<usize, Error> {
        let wanted: Vec<_> = wanted.collect();
        let mut sent = 0;
        for some in wanted.chunks(CONCURRENT_MAX) {
            let prepared =
                some.iter().map(|(event, endpoint)| self.prepare_redelivery(tenant, event, endpoint, mode));
            let mut messages = Vec::with_capacity(some.len());
            for message in join_all(prepared).await {
                messages.extend(message?);
            }
            queue.send(&messages).await?;
            sent += messages.len();
        }
        Ok(sent)
    }

    /// The message of a delivery that is made again; `None` if it is not.
    async fn prepare_redelivery(
        &self,
        tenant: Tenant,
        event: &Event,
        endpoint: &WebhookEndpoint,
        mode: Redeliver,
    ) -> Result<Option<QueueMessage>, Error> {
        let new = Delivery::new(event.id, endpoint.id, self.now);
        let writer = self.admitted().await?.writer();
        let delivery = match writer.create(tenant, &new).await? {
            Put::Created => new,
            Put::Exists(existing)
                if existing.status == DeliveryStatus::Succeeded && mode == Redeliver::IfUndelivered =>
            {
                return Ok(None);
            }
            Put::Exists(existing) => {
                let Some(next) = existing.retried(self.now) else {
                    return Ok(None);
                };
                match writer.replace(tenant, &next).await? {
                    Replaced::Done => next,
                    // An attempt is being recorded at this moment: the event was sent anyway.
                    Replaced::Conflict(_) => return Ok(None),
                }
            }
        };
        let message =
            Message { tenant, event: event.id, endpoint: endpoint.id, attempt: delivery.attempts_made + 1 };
        message.on_queue(0).map(Some)
    }
}

/// Which deliveries are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redeliver {
    /// All of them.
    Always,
    /// Those that did not succeed.
    IfUndelivered,
}
