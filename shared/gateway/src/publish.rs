//! From committed changes to events: what the function on the table's stream does.

use std::collections::{HashMap, hash_map::Entry};

use tollgate_domain::{
    Delivery, Event, Scope, Subject, WebhookEndpoint, endpoint::MAX_ENDPOINTS, event::events_of,
};
use tollgate_store::{ListQuery, Queue, QueueMessage};

use crate::{Gateway, deliver::Message, error::Error};

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
    gateway: &'a Gateway,
    queue: &'a Queue,
    endpoints: HashMap<Scope, Vec<WebhookEndpoint>>,
}

impl Gateway {
    /// Begins a batch.
    pub fn publisher<'a>(&'a self, queue: &'a Queue) -> Publisher<'a> {
        Publisher {
            gateway: self,
            queue,
            endpoints: HashMap::new(),
        }
    }
}

impl Publisher<'_> {
    /// Publishes one committed change of the item at `key`: stores its events, a delivery for every endpoint that wants
    /// one, and then puts a message on the queue for each. Publishing the same change again stores nothing new and may
    /// send a message twice, which the delivery's own record makes harmless.
    pub async fn publish(
        &mut self,
        scope: Scope,
        key: &str,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<Published, Error> {
        let mut published = Published::default();
        for event in events_of(key, before, after) {
            let messages = self.prepare(scope, &event).await?;
            self.queue.send(&messages).await?;
            published.events += 1;
            published.messages += messages.len();
        }
        Ok(published)
    }

    async fn prepare(&mut self, scope: Scope, event: &Event) -> Result<Vec<QueueMessage>, Error> {
        let store = &self.gateway.store;
        store.create(scope, event).await?;
        let endpoints = match self.endpoints.entry(scope) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(
                store
                    .list(scope, &ListQuery::new(MAX_ENDPOINTS), None)
                    .await?
                    .items,
            ),
        };
        let mut messages = Vec::new();
        for endpoint in endpoints {
            let wanted = tollgate_webhooks::render::event_type(event, endpoint.api)
                .is_some_and(|event_type| endpoint.wants(event_type));
            if wanted {
                store
                    .create(scope, &Delivery::new(event.id, endpoint.id, self.gateway.now()))
                    .await?;
                messages.push(
                    Message {
                        scope,
                        event: event.id,
                        endpoint: endpoint.id,
                        attempt: 1,
                    }
                    .on_queue(0)?,
                );
            }
        }
        Ok(messages)
    }
}
