//! Customers: create, retrieve, update, list, delete.

use tollgate_domain::{
    Customer, CustomerId, Refusal, Resource, Tenant, Timestamp,
    customer::{Profile, ProfileUpdate},
    id,
};
use tollgate_store::{Page, Reader};

use crate::{
    call::Call,
    erasure::LOOK_AGAIN_MS,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    page_request::PageRequest,
};

/// Which customers to list.
#[derive(Clone, Debug)]
pub struct CustomerFilter {
    /// Which page.
    pub page_request: PageRequest<id::CustomerKind>,
    /// Only those with this address, in whatever case.
    pub email: Option<String>,
    /// Only those made then or later.
    pub created_from: Option<Timestamp>,
    /// Only those made then or earlier.
    pub created_to: Option<Timestamp>,
}

/// A customer that a request refers to has to exist and not be deleted. One read.
pub(crate) async fn must_exist(store: &Reader, tenant: Tenant, id: CustomerId) -> Result<Customer, Error> {
    let customer: Option<Customer> = store.get(tenant, &id.to_string()).await?;
    Ok(customer.filter(|c| !c.deleted).ok_or(Refusal::NoSuchReference(Resource::Customer))?)
}

impl Call {
    /// Makes a customer. Two round trips: admission, and one conditional put or, with an e-mail address, one transaction,
    /// since the customer then owns its address unless another one does.
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
        let made =
            self.create_idempotent(tenant, &id.to_string(), idempotency, async { Ok(customer) }).await?;
        // What the create answered was personal data, and is erased: there is nothing left to replay.
        if made.value.deleted { Err(Refusal::NotFound(Resource::Customer).into()) } else { Ok(made) }
    }

    /// Reads a customer. One round trip in a warm function.
    pub async fn retrieve_customer(&self, id: CustomerId) -> Result<Customer, Error> {
        let customer = self.retrieve_customer_even_deleted(id).await?;
        if customer.deleted {
            return Err(Refusal::NotFound(Resource::Customer).into());
        }
        Ok(customer)
    }

    /// Reads a customer, or what is left of one that was deleted.
    pub async fn retrieve_customer_even_deleted(&self, id: CustomerId) -> Result<Customer, Error> {
        let tenant = self.tenant().await?;
        let customer: Option<Customer> = self.store.get(tenant, &id.to_string()).await?;
        Ok(customer.ok_or(Refusal::NotFound(Resource::Customer))?)
    }

    /// Reads several customers, those that are deleted left out. One call for up to a hundred.
    pub async fn customers(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, Error> {
        let tenant = self.tenant().await?;
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut customers: Vec<Customer> = self.store.get_many(tenant, &ids).await?;
        customers.retain(|customer| !customer.deleted);
        Ok(customers)
    }

    /// Changes a customer, as [`Call::change`] does.
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

    /// Erases a customer's personal data and that of its payment methods; only the ids stay. Cost as an update, two queries and
    /// another put, and a read and a put for each payment method.
    ///
    /// Whatever interrupts it, due work finishes it, and a retry goes on and is told that it is done.
    pub async fn delete_customer(&self, id: CustomerId) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let (look_again_at, now) = (self.now.plus_ms(LOOK_AGAIN_MS), self.now);
        let deleted = self
            .change(&id.to_string(), "delete", None, |customer: &Customer| {
                Ok(customer.erased(now, look_again_at, &self.request))
            })
            .await;
        let (tombstone, is_first) = match deleted {
            Ok(made) => (made.value, true),
            Err(Error::Refused(Refusal::NotFound(_))) => {
                self.admitted().await?;
                let tombstone: Option<Customer> = self.store.get(tenant, &id.to_string()).await?;
                (tombstone.ok_or(Refusal::NotFound(Resource::Customer))?, false)
            }
            Err(error) => return Err(error),
        };
        let was_complete = tombstone.erasure.is_none_or(|erasure| erasure.complete);
        let worker = self.admitted().await?.worker();
        worker.go_on_erasing(tenant, tombstone, &self.request).await?;
        if was_complete && !is_first {
            return Err(Refusal::NotFound(Resource::Customer).into());
        }
        Ok(())
    }

    /// Lists customers, the newest first.
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
