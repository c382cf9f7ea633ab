//! Publishes committed changes: books them, stores their events and deliveries, and queues the first attempts.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::sync::Mutex;
use tollgate_domain::{
    Delivery, Event, RequestRef, Tenant, WebhookEndpoint,
    endpoint::ENDPOINTS_MAX,
    event::{balance_available, events_of},
    ledger::BalanceSheet,
};
use tollgate_store::{Balance, Change, FundsAvailable, ListQuery, Page, Put, Queue, QueueMessage};

use super::{change_message::ChangeMessage, lines, message::Message, subscription::wants};
use crate::{error::Error, ledger::book::Booker, worker::Worker};

/// What was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Balance transactions.
    pub booked: usize,
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
    booker: Booker<'a>,
    endpoints: Mutex<HashMap<Tenant, Arc<[WebhookEndpoint]>>>,
    /// The tenants that were told in this batch that money is available.
    told_available: Mutex<HashSet<Tenant>>,
}

impl Worker {
    /// Starts a batch.
    pub fn publisher<'a>(&'a self, queue: &'a Queue) -> Publisher<'a> {
        Publisher {
            worker: self,
            queue,
            booker: self.booker(),
            endpoints: Mutex::default(),
            told_available: Mutex::default(),
        }
    }
}

impl Publisher<'_> {
    /// Publishes one record of the stream: books what it moves, stores its events and a delivery for every
    /// subscribed endpoint, and then queues a message for each. So whoever hears of a payment finds it booked.
    /// Publishing the same change again moves no money and stores nothing new. It may queue a
    /// message twice; the delivery's record makes the second one harmless.
    pub async fn publish(&self, record: &Value) -> Result<Published, Error> {
        let mut published = Published::default();
        if let Some(funds) = FundsAvailable::read(record)? {
            return Box::pin(self.publish_available(funds)).await;
        }
        let Some(Change { tenant, key, before, after }) = Change::read(record)? else {
            return Ok(published);
        };
        self.worker.index_order(tenant, before.as_ref(), &after).await?;
        published.booked = self.booker.book(tenant, before.as_ref(), &after).await?;
        for event in events_of(&key, before.as_ref(), &after) {
            published.events += 1;
            published.messages += Box::pin(self.publish_event(tenant, &key, &event)).await?;
        }
        Box::pin(self.worker.open_sandbox_disputes(tenant, before.as_ref(), &after)).await?;
        Box::pin(self.worker.close_refunded_inquiries(tenant, before.as_ref(), &after)).await?;
        if published.events == 0 {
            lines::not_an_event(&key, &after.request().request_id);
        }
        Ok(published)
    }

    /// Stores an event and a delivery for every subscribed endpoint, and queues a message for each; returns how many.
    async fn publish_event(&self, tenant: Tenant, key: &str, event: &Event) -> Result<usize, Error> {
        let messages = self.prepare(tenant, event).await?;
        self.queue.send(&messages).await?;
        lines::published(self.worker.now(), key, event, messages.len());
        Ok(messages.len())
    }

    /// Tells a tenant once in a batch that money is available, with all balances of now: thousands of charges may become
    /// available together. A batch that is tried again may tell it once more.
    async fn publish_available(&self, funds: FundsAvailable) -> Result<Published, Error> {
        let FundsAvailable { tenant, key, version } = funds;
        if !self.told_available.lock().await.insert(tenant) {
            return Ok(Published::default());
        }
        let balances = self.worker.store.balances(tenant).await?;
        let sheet = BalanceSheet {
            balances: balances.iter().map(Balance::in_currency).collect(),
            read_at: self.worker.now(),
            request: RequestRef::default(),
        };
        let messages = self.publish_event(tenant, &key, &balance_available(&key, version, sheet)).await?;
        Ok(Published { booked: 0, events: 1, messages })
    }

    /// Publishes one record of the stream. One that this release can't read is put on the queue of changes,
    /// whole, so that its successors do not wait for it: there it is tried again for half an hour, and then
    /// waits for the operator.
    pub async fn publish_or_put_aside(&self, record: &Value, changes: &Queue) -> Result<(), Error> {
        match self.publish(record).await {
            Ok(_) => Ok(()),
            Err(Error::Store(error)) if error.is_unreadable() => {
                let key = record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap_or_default();
                tracing::error!(%error, key, "a change does not read and is put aside");
                let message = ChangeMessage { record: record.clone() };
                Ok(changes.send(&[message.on_queue()?]).await?)
            }
            Err(error) => Err(error),
        }
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
        let messages = deliveries.iter().map(|delivery| Message::first(tenant, delivery).on_queue(0));
        messages.collect()
    }

    /// Stores the deliveries of a stored event that are missing, and queues a message for each; returns how many. An endpoint
    /// that was made after the event gets nothing.
    pub(crate) async fn deliver_missing(&self, tenant: Tenant, event: &Event) -> Result<usize, Error> {
        let endpoints = self.endpoints(tenant).await?;
        let heard = endpoints.iter().filter(|e| e.created <= event.created && wants(e, event));
        let mut messages = Vec::new();
        for endpoint in heard {
            let delivery = Delivery::new(event.id, endpoint.id, self.worker.now());
            if matches!(self.worker.writer().create(tenant, &delivery).await?, Put::Created) {
                messages.push(Message::first(tenant, &delivery).on_queue(0)?);
            }
        }
        self.queue.send(&messages).await?;
        Ok(messages.len())
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
