//! Retrieving and listing payments, and the continuation page of one.

use tollgate_domain::{CustomerId, Fingerprint, Payment, PaymentId, Refusal, Resource, Timestamp, id};
use tollgate_store::Page;

use crate::{call::Call, error::Error, idempotency::resource::IdempotentResource, pagination::PageRequest};

/// Whether a list shows a payment.
pub type Keep = Box<dyn Fn(&Payment) -> bool + Send + Sync>;

/// Shows the payments that were ever charged, of one status if `status` names one. `status_of` is a payment's
/// status in the API's words.
pub fn charged_and(status: Option<&'static str>, status_of: fn(&Payment) -> &'static str) -> Option<Keep> {
    Some(Box::new(move |payment| {
        payment.was_charged() && status.is_none_or(|status| status_of(payment) == status)
    }))
}

/// Which payments to list.
pub struct PaymentFilter {
    /// The page.
    pub page_request: PageRequest<id::PaymentKind>,
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
    /// The order number in the metadata of all that `keep` keeps.
    pub order: Option<String>,
    /// Only those for which this returns `true`.
    pub keep: Option<Keep>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl IdempotentResource for Payment {
    const RESOURCE: Resource = Resource::Payment;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
}

impl Call {
    /// Reads a payment. One round trip in a warm function.
    pub async fn retrieve_payment(&self, id: PaymentId) -> Result<Payment, Error> {
        let tenant = self.tenant().await?;
        let payment = self.store.get(tenant, &id.to_string()).await?;
        Ok(payment.ok_or(Refusal::NotFound(Resource::Payment))?)
    }

    /// Lists payments, newest first.
    pub async fn list_payments(&self, filter: PaymentFilter) -> Result<Page<Payment>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Payment, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(customer) = filter.customer {
            query = query.of_customer(tenant, customer);
        } else if let Some(order) = &filter.order
            && self.store.orders_are_indexed().await?
        {
            query = query.of_order(tenant, order);
        }
        let keep = filter.keep.as_deref();
        Ok(self.store.list(tenant, &query, keep.map(|keep| keep as _)).await?)
    }

    /// The page on which the payer continues, while the payment waits for the payer.
    pub async fn challenge_url(&self, payment: &Payment) -> Result<Option<String>, Error> {
        let tenant = self.tenant().await?;
        Ok(self.gateway.challenge_url(tenant, payment))
    }
}
