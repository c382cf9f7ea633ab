//! Customers: create, retrieve, update, list, delete.

use tollgate_domain::{Customer, CustomerId, Fingerprint, Scope, Timestamp, customer::Profile};
use tollgate_store::{ListQuery, Page, Replaced, Store, StoreError};

use crate::{
    call::{Call, Idempotency, Idempotent, Made},
    error::{Error, Refusal, Thing},
    payments::MAX_TRIES,
};

/// Which customers to list.
#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    /// At most so many.
    pub limit: usize,
    /// Only those older than this one.
    pub starting_after: Option<CustomerId>,
    /// Only those newer than this one, the nearest to it.
    pub ending_before: Option<CustomerId>,
    /// Only those with this address, in whatever case.
    pub email: Option<String>,
    /// Only those made then or later.
    pub created_from: Option<Timestamp>,
    /// Only those made then or earlier.
    pub created_to: Option<Timestamp>,
}

impl Idempotent for Customer {
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn into_first_answer(self) -> Self {
        self.as_first_answered()
    }
}

/// A customer that a request refers to has to exist and not be deleted. One read.
pub(crate) async fn must_exist(store: &Store, scope: Scope, id: CustomerId) -> Result<Customer, Error> {
    let customer: Option<Customer> = store.get(scope, &id.to_string(), false).await?;
    Ok(customer
        .filter(|c| !c.deleted)
        .ok_or(Refusal::NoSuchReference(Thing::Customer))?)
}

impl Call {
    /// Makes a customer. Two round trips: admission and one conditional put.
    pub async fn create_customer(
        &self,
        profile: Profile,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<Customer>, Error> {
        let scope = self.tenant().await?;
        let id: CustomerId = self.id_for(scope, "customers", idempotency);
        let fingerprint = idempotency.map(|i| i.fingerprint.clone());
        let customer = Customer::create(
            id,
            self.front_door,
            self.request_id.clone(),
            profile,
            fingerprint,
            self.now,
        );
        let made = self
            .make_once(scope, &id.to_string(), idempotency, async { Ok(customer) })
            .await?;
        // What the create answered was personal data, and is erased: there is nothing left to replay.
        if made.thing.deleted {
            Err(Refusal::NotFound(Thing::Customer).into())
        } else {
            Ok(made)
        }
    }

    /// Reads a customer. One round trip in a warm function.
    pub async fn retrieve_customer(&self, id: CustomerId) -> Result<Customer, Error> {
        let customer = self.retrieve_customer_even_deleted(id).await?;
        if customer.deleted {
            return Err(Refusal::NotFound(Thing::Customer).into());
        }
        Ok(customer)
    }

    /// Reads a customer, or what is left of one that was deleted.
    pub async fn retrieve_customer_even_deleted(&self, id: CustomerId) -> Result<Customer, Error> {
        let scope = self.tenant().await?;
        let customer: Option<Customer> = self.store.get(scope, &id.to_string(), true).await?;
        Ok(customer.ok_or(Refusal::NotFound(Thing::Customer))?)
    }

    /// Reads several customers, those that are deleted left out. One call for up to a hundred.
    pub async fn customers(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, Error> {
        let scope = self.tenant().await?;
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut customers: Vec<Customer> = self.store.get_many(scope, &ids).await?;
        customers.retain(|customer| !customer.deleted);
        Ok(customers)
    }

    /// Changes a customer. A read while the caller is admitted, then one conditional put.
    pub async fn update_customer<E: From<Error>>(
        &self,
        id: CustomerId,
        change: impl Fn(&Profile) -> Result<Profile, E>,
    ) -> Result<Customer, E> {
        self.change_customer(id, |customer| {
            Ok(customer.with_profile(change(&customer.profile)?, self.now, &self.request_id))
        })
        .await
    }

    /// Erases a customer's personal data; only the id stays. Cost as an update.
    pub async fn delete_customer(&self, id: CustomerId) -> Result<(), Error> {
        let erase = |customer: &Customer| Ok::<_, Error>(customer.erased(self.now, &self.request_id));
        self.change_customer(id, erase).await?;
        self.erase_payment_methods(id).await
    }

    async fn change_customer<E: From<Error>>(
        &self,
        id: CustomerId,
        next: impl Fn(&Customer) -> Result<Customer, E>,
    ) -> Result<Customer, E> {
        let scope = self.tenant().await.map_err(Error::from)?;
        let gone = || Error::from(Refusal::NotFound(Thing::Customer));
        let read = self.store.get(scope, &id.to_string(), true).await;
        let mut customer: Option<Customer> = read.map_err(Error::from)?;
        for _ in 0..MAX_TRIES {
            let current = customer.filter(|c| !c.deleted).ok_or_else(gone)?;
            let next = next(&current)?;
            self.admitted().await.map_err(Error::from)?;
            match self.store.replace(scope, &next).await.map_err(Error::from)? {
                Replaced::Done => return Ok(next),
                Replaced::Conflict(now) => customer = now,
            }
        }
        Err(Error::from(StoreError::Contended {
            key: id.to_string(),
            attempts: MAX_TRIES,
        })
        .into())
    }

    /// Lists customers, the newest first.
    pub async fn list_customers(&self, filter: CustomerFilter) -> Result<Page<Customer>, Error> {
        let scope = self.tenant().await?;
        let mut query = ListQuery::new(filter.limit);
        query.created_from = filter.created_from;
        query.after = self
            .cursor::<Customer>(scope, filter.starting_after.map(|id| id.to_string()))
            .await?;
        query.before = self
            .cursor::<Customer>(scope, filter.ending_before.map(|id| id.to_string()))
            .await?;
        query.created_to = filter.created_to;
        if let Some(email) = &filter.email {
            query = query.of_email(scope, email);
        }
        Ok(self.store.list(scope, &query, None).await?)
    }
}
