//! From committed changes to events: what the function on the table's stream does.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::try_join_all;
use tokio::sync::Mutex;
use tollgate_domain::{
    Delivery, Event, Subject, Tenant, WebhookEndpoint, endpoint::ENDPOINTS_MAX, event::events_of,
};
use tollgate_store::{ListQuery, Page, Put, Queue, QueueMessage};

use crate::{Worker, deliver::Message, error::Error};

/// What a change made known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Events stored.
    pub events: usize,
    /// Messages put on the queue.
    pub messages: usize,
}

/// Publishes a batch of changes. A batch asks for a tenant's endpoints once.
#[derive(Debug)]
pub struct Publisher<'a> {
    worker: &'a Worker,
    queue: &'a Queue,
    endpoints: Mutex<HashMap<Tenant, Arc<[WebhookEndpoint]>>>,
}

impl Worker {
    /// Begins a batch.
    pub fn publisher<'a>(&'a self, queue: &'a Queue) -> Publisher<'a> {
        Publisher { worker: self, queue, endpoints: Mutex::default() }
    }
}

impl Publisher<'_> {
    /// Publishes one committed change of the item at `key`: stores its events, a delivery for every endpoint that wants
    /// one, and then puts a message on the queue for each. Publishing the same change again stores nothing new and may
    /// send a message twice, which the delivery's own record makes harmless.
    pub async fn publish(
        &self,
        tenant: Tenant,
        key: &str,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<Published, Error> {
        let mut published = Published::default();
        for event in events_of(key, before, after) {
            let messages = self.prepare(tenant, &event).await?;
            self.queue.send(&messages).await?;
            published.events += 1;
            published.messages += messages.len();
        }
        Ok(published)
    }

    async fn prepare(&self, tenant: Tenant, event: &Event) -> Result<Vec<QueueMessage>, Error> {
        let writer = self.worker.writer();
        let (created, endpoints) = tokio::join!(writer.create(tenant, event), self.endpoints(tenant));
        // A batch that is tried again finds what it wrote before.
        let (Put::Created | Put::Exists(_)) = created?;
        let endpoints = endpoints?;
        let wanting = endpoints.iter().filter(|endpoint| wants(endpoint, event));
        let deliveries: Vec<Delivery> =
            wanting.map(|endpoint| Delivery::new(event.id, endpoint.id, self.worker.now())).collect();
        let written = deliveries.iter().map(|delivery| writer.create(tenant, delivery));
        for put in try_join_all(written).await? {
            let (Put::Created | Put::Exists(_)) = put;
        }
        let messages = deliveries.iter().map(|delivery| {
            let message = Message { tenant, event: delivery.event, endpoint: delivery.endpoint, attempt: 1 };
            message.on_queue(0)
        });
        messages.collect()
    }

    async fn endpoints(&self, tenant: Tenant) -> Result<Arc<[WebhookEndpoint]>, Error> {
        // Held while they are read, so that changes that are published at the same time ask once.
        let mut known = self.endpoints.lock().await;
        if let Some(endpoints) = known.get(&tenant) {
            return Ok(endpoints.clone());
        }
        let all = ListQuery::new(ENDPOINTS_MAX);
        let page: Page<WebhookEndpoint> = self.worker.store.list(tenant, &all, None).await?;
        let endpoints: Arc<[WebhookEndpoint]> = page.items.into();
        known.insert(tenant, endpoints.clone());
        Ok(endpoints)
    }
}

/// Whether an event is delivered to an endpoint. What happens to an endpoint is told to the merchant's other ones: whoever
/// made it knows, and one that is disabled could not be told.
pub(crate) fn wants(endpoint: &WebhookEndpoint, event: &Event) -> bool {
    let is_about_it = matches!(&event.subject, Subject::Endpoint(it) if it.id == endpoint.id);
    let event_type = tollgate_webhooks::render::event_type(event, endpoint.api);
    !endpoint.deleted && !is_about_it && event_type.is_some_and(|event_type| endpoint.wants(event_type))
}
