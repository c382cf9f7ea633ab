//! Prices: how much products cost.

use tollgate_domain::{
    Currency, Fingerprint, PriceId, ProductId, Refusal, Resource, Tenant, Timestamp,
    billing::{BillingRefusal, IntervalUnit, Price, PriceDetails, PriceRefusal, PriceTerms, PriceUpdate},
    id,
};
use tollgate_store::{Page, PricePut, Put, Replaced, Writer};

use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        create::{Draft, Prepared},
        idempotent::{Idempotency, Idempotent},
        resource::{IdempotentResource, earlier_answer, replay_create},
    },
    pagination::PageRequest,
};

/// A price to create.
#[derive(Clone, Debug)]
pub struct NewPrice {
    /// What it costs.
    pub terms: PriceTerms,
    /// What is said of it.
    pub details: PriceDetails,
    /// Whether it takes its lookup key from the price that has it.
    pub transfer_lookup_key: bool,
}

/// Which prices to list.
#[derive(Clone, Debug)]
pub struct PriceFilter {
    /// The page.
    pub page_request: PageRequest<id::PriceKind>,
    /// Only those of this product.
    pub product: Option<ProductId>,
    /// Only those that can be used, or that cannot.
    pub active: Option<bool>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those that recur, or that do not.
    pub recurs: Option<bool>,
    /// Only those that recur by this unit.
    pub unit: Option<IntervalUnit>,
    /// Only those with usage of this kind: metered or not.
    pub metered: Option<bool>,
    /// Only those with one of these lookup keys.
    pub lookup_keys: Vec<String>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl PriceFilter {
    fn keeps(&self, price: &Price) -> bool {
        let (terms, details) = (&price.terms, &price.details);
        let recurring = terms.recurring.as_ref();
        let has_key = |key: &String| self.lookup_keys.contains(key);
        self.active.is_none_or(|active| active == details.active)
            && self.product.is_none_or(|product| product == terms.product)
            && self.currency.is_none_or(|currency| currency == terms.currency)
            && self.recurs.is_none_or(|recurs| recurs == recurring.is_some())
            && self.unit.is_none_or(|unit| recurring.is_some_and(|is| is.interval.unit == unit))
            && self.metered.is_none_or(|metered| recurring.is_some_and(|is| is.meter.is_some() == metered))
            && (self.lookup_keys.is_empty() || details.lookup_key.as_ref().is_some_and(has_key))
            && self.created_from.is_none_or(|from| price.created >= from)
            && self.created_to.is_none_or(|to| price.created <= to)
    }
}

impl IdempotentResource for Price {
    const RESOURCE: Resource = Resource::Price;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    async fn make(&self, writer: &Writer, tenant: Tenant) -> Result<Put<Self>, Error> {
        match writer.write_price(tenant, None, self).await? {
            PricePut::Done => Ok(Put::Created),
            PricePut::Exists(existing) => Ok(Put::Exists(*existing)),
            PricePut::KeyTaken | PricePut::Changed => Err(taken()),
        }
    }
    async fn replace(&self, writer: &Writer, tenant: Tenant, before: &Self) -> Result<Replaced<Self>, Error> {
        match writer.write_price(tenant, Some(before), self).await? {
            PricePut::Done => Ok(Replaced::Done),
            PricePut::Exists(existing) => Ok(Replaced::Conflict(Some(*existing))),
            PricePut::KeyTaken => Err(taken()),
            PricePut::Changed => Ok(Replaced::Conflict(writer.get(tenant, &self.id.to_string()).await?)),
        }
    }
}

fn taken() -> Error {
    Refusal::from(BillingRefusal::LookupKeyTaken).into()
}

fn refused(refusal: PriceRefusal) -> Error {
    Refusal::from(BillingRefusal::from(refusal)).into()
}

impl Call {
    /// Creates a price of a product that exists. A read and one conditional put; with a lookup key a transaction of two items.
    pub async fn create_price(
        &self,
        new: NewPrice,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Price>, Error> {
        let tenant = self.tenant().await?;
        let id: PriceId = self.id_for(tenant, "prices", idempotency);
        let (product, transfers) = (new.terms.product, new.transfer_lookup_key);
        let fingerprint = idempotency.map(|i| i.fingerprint.clone());
        let price = Price::new(id, new.terms, new.details, fingerprint, self.now, &self.request);
        let draft = async {
            self.existing_product(tenant, product).await?;
            Ok(Draft::New(price))
        };
        let prepared = self.prepare_create(tenant, &id.to_string(), idempotency, draft).await?;
        let (price, admitted) = match prepared {
            Prepared::New(price, admitted) => (price, admitted),
            Prepared::Earlier(replay) => return Ok(replay),
        };
        let writer = admitted.writer();
        if let Some(key) = price.details.lookup_key.as_ref().filter(|_| transfers) {
            // A repeated request takes nothing: another price may have the key by now.
            let is_repeated = self.store.get::<Price>(tenant, &id.to_string()).await?.is_some();
            if !is_repeated {
                self.free_lookup_key(writer, tenant, key, id).await?;
            }
        }
        match price.make(writer, tenant).await? {
            Put::Created => Ok(Idempotent::new(price)),
            Put::Exists(existing) => {
                replay_create(&existing, idempotency, self.now, self.authorized().await?)
            }
        }
    }

    /// Takes a lookup key from the price that has it, unless that is `to`.
    async fn free_lookup_key(
        &self,
        writer: &Writer,
        tenant: Tenant,
        key: &str,
        to: PriceId,
    ) -> Result<(), Error> {
        retry_conflicts("a lookup key", (), |()| async move {
            let holder = self.store.price_of_lookup_key(tenant, key).await?.filter(|id| *id != to);
            let Some(holder) = holder else { return Ok(Write::Done(())) };
            let before: Option<Price> = self.store.get(tenant, &holder.to_string()).await?;
            let before = before.ok_or_else(|| Error::Internal(format!("no price {holder}")))?;
            let next = before.without_lookup_key(self.now, &self.request);
            Ok(match writer.write_price(tenant, Some(&before), &next).await? {
                PricePut::Done => Write::Done(()),
                PricePut::Exists(_) | PricePut::KeyTaken | PricePut::Changed => Write::Conflict(()),
            })
        })
        .await
    }

    /// Reads a price. One round trip in a warm function.
    pub async fn retrieve_price(&self, id: PriceId) -> Result<Price, Error> {
        let tenant = self.tenant().await?;
        let price = self.store.get(tenant, &id.to_string()).await?;
        Ok(price.ok_or(Refusal::NotFound(Resource::Price))?)
    }

    /// Updates a price, as [`Call::change`] does, and takes its new lookup key from another price first if `transfers`.
    pub async fn update_price(
        &self,
        id: PriceId,
        update: &PriceUpdate,
        transfers: bool,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Price>, Error> {
        if let Some(Some(key)) = update.lookup_key.as_ref().filter(|_| transfers) {
            let tenant = self.tenant().await?;
            let price = self.retrieve_price(id).await?;
            // See `create_price`.
            if earlier_answer(&price, "update", idempotency)?.is_none() {
                let writer = self.admitted().await?.writer();
                self.free_lookup_key(writer, tenant, key, id).await?;
            }
        }
        self.change(&id.to_string(), "update", idempotency, |price: &Price| {
            price.updated(update, self.now, &self.request).map_err(refused)
        })
        .await
    }

    /// Lists prices, newest first. Those of lookup keys are read by the keys.
    pub async fn list_prices(&self, filter: PriceFilter) -> Result<Page<Price>, Error> {
        let tenant = self.tenant().await?;
        if !filter.lookup_keys.is_empty() {
            let found = filter.lookup_keys.iter().map(|key| self.store.price_of_lookup_key(tenant, key));
            let found = futures_util::future::try_join_all(found).await?;
            let ids: Vec<String> = found.into_iter().flatten().map(|id| id.to_string()).collect();
            let mut items: Vec<Price> = self.store.get_many(tenant, &ids).await?;
            items.retain(|price| filter.keeps(price));
            items.sort_by_key(|price| std::cmp::Reverse((price.created, price.id.to_string())));
            return Ok(Page { items, next: None });
        }
        let mut query = self.query_of::<Price, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(product) = filter.product {
            query = query.of_product(tenant, product);
        }
        let keep = |price: &Price| filter.keeps(price);
        Ok(self.store.list(tenant, &query, Some(&keep)).await?)
    }
}
