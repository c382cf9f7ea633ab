//! Customers: create, retrieve, update, delete, list.

use tollgate_domain::{
    Customer, CustomerId, Fingerprint, Refusal, Resource, Tenant, Timestamp,
    customer::{Profile, ProfileUpdate},
    id,
};
use tollgate_store::{Page, Put, Reader, Replaced, Writer};

use super::{email_owners::write_customer, erasure_progress::LOOK_AGAIN_MS};
use crate::{
    call::Call,
    error::Error,
    idempotency::{
        create::Draft,
        idempotent::{Idempotency, Idempotent},
        resource::IdempotentResource,
    },
    pagination::PageRequest,
};

/// Which customers to list.
#[derive(Clone, Debug)]
pub struct CustomerFilter {
    /// The page.
    pub page_request: PageRequest<id::CustomerKind>,
    /// Only those with this e-mail address, in any case.
    pub email: Option<String>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

/// Reads a customer that a request refers to; refuses one that does not exist or was deleted. One read.
pub(crate) async fn must_exist(store: &Reader, tenant: Tenant, id: CustomerId) -> Result<Customer, Error> {
    let customer: Option<Customer> = store.get(tenant, &id.to_string()).await?;
    Ok(customer.filter(|c| !c.deleted).ok_or(Refusal::NoSuchReference(Resource::Customer))?)
}

impl IdempotentResource for Customer {
    const RESOURCE: Resource = Resource::Customer;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
    async fn make(&self, writer: &Writer, tenant: Tenant) -> Result<Put<Self>, Error> {
        match write_customer(writer, tenant, None, self).await? {
            Replaced::Done => Ok(Put::Created),
            Replaced::Conflict(Some(existing)) => Ok(Put::Exists(existing)),
            Replaced::Conflict(None) => {
                Err(Error::Internal(format!("customer {} exists and is not shown", self.id)))
            }
        }
    }
    async fn replace(&self, writer: &Writer, tenant: Tenant, before: &Self) -> Result<Replaced<Self>, Error> {
        write_customer(writer, tenant, Some(before), self).await
    }
}

impl Call {
    /// Creates a customer. Two round trips: authentication, and one conditional put. With an e-mail address
    /// the put is a transaction, because the customer then owns its address unless another one does.
    pub async fn create_customer(
        &self,
        profile: Profile,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Customer>, Error> {
        let tenant = self.tenant().await?;
        let id: CustomerId = self.id_for(tenant, "customers", idempotency);
        let fingerprint = idempotency.map(|i| i.fingerprint.clone());
        let customer =
            Customer::create(id, self.front_door, self.request.clone(), profile, fingerprint, self.now);
        let draft = async { Ok(Draft::New(customer)) };
        let created = self.create_idempotent(tenant, &id.to_string(), idempotency, draft).await?;
        // The answer was personal data and is erased, so it cannot be replayed.
        if created.value.deleted { Err(Refusal::NotFound(Resource::Customer).into()) } else { Ok(created) }
    }

    /// Reads a customer. One round trip in a warm function.
    pub async fn retrieve_customer(&self, id: CustomerId) -> Result<Customer, Error> {
        let customer = self.retrieve_customer_even_deleted(id).await?;
        if customer.deleted {
            return Err(Refusal::NotFound(Resource::Customer).into());
        }
        Ok(customer)
    }

    /// Reads a customer, including one that was deleted and keeps only its id.
    pub async fn retrieve_customer_even_deleted(&self, id: CustomerId) -> Result<Customer, Error> {
        let tenant = self.tenant().await?;
        let customer: Option<Customer> = self.store.get(tenant, &id.to_string()).await?;
        Ok(customer.ok_or(Refusal::NotFound(Resource::Customer))?)
    }

    /// Reads several customers, without deleted ones. One call for up to a hundred.
    pub async fn customers(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, Error> {
        let tenant = self.tenant().await?;
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut customers: Vec<Customer> = self.store.get_many(tenant, &ids).await?;
        customers.retain(|customer| !customer.deleted);
        Ok(customers)
    }

    /// Updates a customer, as [`Call::change`] does.
    pub async fn update_customer(
        &self,
        id: CustomerId,
        update: &ProfileUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Customer>, Error> {
        self.change(&id.to_string(), "update", idempotency, |customer: &Customer| {
            let profile = customer.profile.updated(update).map_err(Refusal::from)?;
            Ok(customer.with_profile(profile, self.now, &self.request))
        })
        .await
    }

    /// Erases a customer's personal data and that of its payment methods; only the ids remain. An update, two
    /// queries, one more put, and a read and a put for each payment method.
    ///
    /// If it is interrupted, due work completes it. A retry continues the erasure, and gets "not found" if it
    /// was complete.
    pub async fn delete_customer(&self, id: CustomerId) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let (look_again_at, now) = (self.now.plus_ms(LOOK_AGAIN_MS), self.now);
        let deleted = self
            .change_existing(&id.to_string(), "delete", None, |customer: &Customer| {
                Ok(customer.erased(now, look_again_at, &self.request))
            })
            .await?;
        let is_first = deleted.is_some();
        let tombstone = if let Some(deleted) = deleted {
            deleted.value
        } else {
            self.admitted().await?;
            let tombstone: Option<Customer> = self.store.get(tenant, &id.to_string()).await?;
            tombstone.ok_or(Refusal::NotFound(Resource::Customer))?
        };
        let was_complete = tombstone.erasure.is_none_or(|erasure| erasure.complete);
        let worker = self.admitted().await?.worker();
        worker.erase_within_request(tenant, tombstone, &self.request).await?;
        if was_complete && !is_first {
            return Err(Refusal::NotFound(Resource::Customer).into());
        }
        Ok(())
    }

    /// Lists customers, newest first.
    pub async fn list_customers(&self, filter: CustomerFilter) -> Result<Page<Customer>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Customer, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(email) = &filter.email {
            query = query.of_email(tenant, email);
        }
        Ok(self.store.list(tenant, &query, None).await?)
    }
}
