//! Events and deliveries, for merchants: retrieve and list.

use futures_util::future::try_join_all;
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, FrontDoor, Permission, Refusal, Resource, Subject, Tenant,
    Timestamp, delivery::AttemptRecord, id,
};
use tollgate_store::Page;

use super::related_events::RelatedObject;
use crate::{
    call::Call,
    error::Error,
    pagination::{PageRequest, is_created_within},
};

/// Which events to list.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// The page.
    pub page_request: PageRequest<id::EventKind>,
    /// Only those whose type in `intents` matches one of these patterns.
    pub types: Option<Vec<String>>,
    /// Only those about this resource.
    pub related: Option<RelatedObject>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl Call {
    /// Reads an event, for a caller who may read its subject. One round trip in a warm function.
    pub async fn retrieve_event(&self, id: EventId) -> Result<Event, Error> {
        let event = self.find_event(id).await?;
        self.authorized().await?.require(permission_for(&event))?;
        Ok(event)
    }

    /// Reads an event without a check of permissions.
    pub(super) async fn find_event(&self, id: EventId) -> Result<Event, Error> {
        let tenant = self.tenant().await?;
        let event = self.store.get(tenant, &id.to_string()).await?;
        Ok(event.ok_or(Refusal::NotFound(Resource::Event))?)
    }

    /// Lists the events whose subjects the caller may read, newest first. One round trip in a warm function,
    /// one more if the caller may not read all of the page.
    pub async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, Error> {
        let tenant = self.tenant().await?;
        if let Some(related) = filter.related {
            return self.list_related_events(tenant, related, filter).await;
        }
        let mut query = self.query_of::<Event, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        let types = filter.types;
        let is_asked_for = |event: &Event| is_of_types(event, types.iter().flatten());
        let page = self.store.list(tenant, &query, types.is_some().then_some(&is_asked_for as _)).await?;
        let caller = self.authorized().await?;
        let is_readable = |event: &Event| caller.may(permission_for(event));
        if page.items.iter().all(is_readable) {
            return Ok(page);
        }
        let keep = |event: &Event| is_readable(event) && (types.is_none() || is_asked_for(event));
        Ok(self.store.list(tenant, &query, Some(&keep)).await?)
    }

    /// Lists the events of one resource that the caller may read.
    async fn list_related_events(
        &self,
        tenant: Tenant,
        related: RelatedObject,
        filter: EventFilter,
    ) -> Result<Page<Event>, Error> {
        let caller = self.authorized().await?;
        let EventFilter { page_request, types, created_from, created_to, .. } = filter;
        let keep = |event: &Event| {
            caller.may(permission_for(event))
                && types.as_ref().is_none_or(|types| is_of_types(event, types.iter()))
                && is_created_within(event.created, created_from, created_to)
        };
        self.events_related_to(tenant, related, page_request, &keep).await
    }

    /// Lists an endpoint's deliveries, newest first, each with its attempts. Also returns whether there are
    /// more.
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
}

/// Whether an event's type in `intents` matches one of these patterns.
fn is_of_types<'a>(event: &Event, mut patterns: impl Iterator<Item = &'a String>) -> bool {
    let name = tollgate_apis::event_type(event.kind, FrontDoor::Intents).unwrap_or_default();
    patterns.any(|pattern| tollgate_domain::endpoint::matches(pattern, name))
}

/// The permission to read an event: that of its subject, which the event shows completely.
fn permission_for(event: &Event) -> Permission {
    match event.subject {
        Subject::Payment(_)
        | Subject::Refund(_)
        | Subject::PaymentMethod(_)
        | Subject::Dispute(_)
        | Subject::Payout(_)
        | Subject::Transfer(_)
        | Subject::Adjustment(_)
        | Subject::Billing(_)
        | Subject::Balance(_) => Permission::PaymentsRead,
        Subject::BankAccount(_) | Subject::ConnectedAccount(_) | Subject::BalanceSettings(_) => {
            Permission::KeysRead
        }
        Subject::Customer(_) => Permission::CustomersRead,
        Subject::Endpoint(_) => Permission::WebhooksRead,
    }
}
