//! The events of one resource.
//!
//! The ids of events follow from the resource and its versions, so they are read by their keys: nothing is searched.

use tollgate_domain::{
    BankAccount, BankAccountId, ConnectedAccount, Customer, CustomerId, Dispute, DisputeId, EndpointId,
    Event, MerchantId, Payment, PaymentId, PaymentMethod, PaymentMethodId, Payout, PayoutId, PriceId,
    ProductId, Refund, RefundId, Tenant, Transfer, TransferId, WebhookEndpoint,
    billing::{Price, Product},
    event::ids_of_versions,
};
use tollgate_store::{Cursor, Entity, Page};

use crate::{call::Call, error::Error, pagination::PageRequest};

/// Latest versions of a resource whose events are read.
const VERSIONS_MAX: u64 = 100;

/// A resource that events are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelatedObject {
    /// A payment.
    Payment(PaymentId),
    /// A refund.
    Refund(RefundId),
    /// A customer.
    Customer(CustomerId),
    /// A payment method.
    PaymentMethod(PaymentMethodId),
    /// A dispute.
    Dispute(DisputeId),
    /// A webhook endpoint.
    Endpoint(EndpointId),
    /// A payout.
    Payout(PayoutId),
    /// A bank account.
    BankAccount(BankAccountId),
    /// A transfer.
    Transfer(TransferId),
    /// A connected account.
    ConnectedAccount(MerchantId),
    /// A product.
    Product(ProductId),
    /// A price.
    Price(PriceId),
}

impl Call {
    /// The events of a resource for which `keep` holds, newest first: one read of the resource, and one for every 25
    /// versions of the last hundred.
    pub(super) async fn events_related_to(
        &self,
        tenant: Tenant,
        related: RelatedObject,
        page_request: PageRequest<tollgate_domain::id::EventKind>,
        keep: &(dyn Fn(&Event) -> bool + Sync),
    ) -> Result<Page<Event>, Error> {
        let ids = match related {
            RelatedObject::Payment(id) => self.event_ids::<Payment>(tenant, id.to_string()).await?,
            RelatedObject::Refund(id) => self.event_ids::<Refund>(tenant, id.to_string()).await?,
            RelatedObject::Customer(id) => self.event_ids::<Customer>(tenant, id.to_string()).await?,
            RelatedObject::PaymentMethod(id) => {
                self.event_ids::<PaymentMethod>(tenant, id.to_string()).await?
            }
            RelatedObject::Dispute(id) => self.event_ids::<Dispute>(tenant, id.to_string()).await?,
            RelatedObject::Endpoint(id) => self.event_ids::<WebhookEndpoint>(tenant, id.to_string()).await?,
            RelatedObject::Payout(id) => self.event_ids::<Payout>(tenant, id.to_string()).await?,
            RelatedObject::BankAccount(id) => self.event_ids::<BankAccount>(tenant, id.to_string()).await?,
            RelatedObject::Transfer(id) => self.event_ids::<Transfer>(tenant, id.to_string()).await?,
            RelatedObject::ConnectedAccount(id) => {
                self.event_ids::<ConnectedAccount>(tenant, id.to_string()).await?
            }
            RelatedObject::Product(id) => self.event_ids::<Product>(tenant, id.to_string()).await?,
            RelatedObject::Price(id) => self.event_ids::<Price>(tenant, id.to_string()).await?,
        };
        let mut events: Vec<Event> = self.store.get_many(tenant, &ids).await?;
        let place = |event: &Event| (event.created, event.id.to_string());
        events.sort_by_key(|event| std::cmp::Reverse(place(event)));
        let at = |id| events.iter().position(|event| Some(event.id) == id);
        let (after, before) = (at(page_request.starting_after), at(page_request.ending_before));
        let from = after.map_or(0, |at| at + 1);
        let to = before.unwrap_or(events.len());
        let mut kept: Vec<Event> = events.drain(from.min(to)..to).filter(|event| keep(event)).collect();
        let more = kept.len() > page_request.limit;
        if before.is_some() && more {
            // Those nearest to the place.
            kept.drain(..kept.len() - page_request.limit);
        }
        kept.truncate(page_request.limit);
        let last = kept.last().map(|event| Cursor { created: event.created, id: event.id.to_string() });
        Ok(Page { items: kept, next: last.filter(|_| more) })
    }

    /// The ids that the events of a resource may have; none if there is no such resource.
    async fn event_ids<E: Entity>(&self, tenant: Tenant, id: String) -> Result<Vec<String>, Error> {
        let Some(resource) = self.store.get::<E>(tenant, &id).await? else {
            return Ok(Vec::new());
        };
        let version = resource.version();
        let first = version.saturating_sub(VERSIONS_MAX - 1).max(1);
        let key = format!("{tenant}{}#{id}", E::CODE);
        Ok(ids_of_versions(&key, first..=version).map(|id| id.to_string()).collect())
    }
}
