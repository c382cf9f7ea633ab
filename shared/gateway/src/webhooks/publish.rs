//! Publishes committed changes: stores their events and deliveries, and queues the first attempts.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::try_join_all;
use tokio::sync::Mutex;
use tollgate_domain::{
    Delivery, Event, Subject, Tenant, WebhookEndpoint, endpoint::ENDPOINTS_MAX, event::events_of,
};
use tollgate_store::{ListQuery, Page, Put, Queue, QueueMessage};

use super::{message::Message, subscription::wants};
use crate::{error::Error, worker::Worker};

/// What was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Stored events.
    pub events: usize,
    /// Queued messages.
    pub messages: usize,
}

/// Publishes a batch of changes. A batch reads a tenant's endpoints once.
#[derive(Debug)]
pub struct Publisher<'a> {
    worker: &'a Worker,
    queue: &'a Queue,
    endpoints: Mutex<HashMap<Tenant, Arc<[WebhookEndpoint]>>>,
}

impl Worker {
    /// Starts a batch.
    pub fn publisher<'a>(&'a self, queue: &'a Queue) -> Publisher<'a> {
        Publisher { worker: self, queue, endpoints: Mutex::default() }
    }
}

impl Publisher<'_> {
    /// Publishes one committed change of the item at `key`: stores its events and a delivery for every
    /// subscribed endpoint, and then queues a message for each. Publishing the same change again stores
    /// nothing new. It may queue a message twice; the delivery's record makes the second one harmless.
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
        // A retried batch finds what it wrote before.
        let (Put::Created | Put::Exists(_)) = created?;
        let endpoints = endpoints?;
        let subscribed = endpoints.iter().filter(|endpoint| wants(endpoint, event));
        let deliveries: Vec<Delivery> =
            subscribed.map(|endpoint| Delivery::new(event.id, endpoint.id, self.worker.now())).collect();
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
        // Locked during the read, so that concurrent changes read once.
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
