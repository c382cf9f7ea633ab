//! Products: what a merchant sells.

use tollgate_domain::{
    Fingerprint, PriceId, ProductId, Refusal, Resource, Tenant, Timestamp,
    billing::{BillingRefusal, Price, Product, ProductDetails, ProductUpdate},
    id,
};
use tollgate_store::{ListQuery, Page};

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

/// Which products to list.
#[derive(Clone, Debug)]
pub struct ProductFilter {
    /// The page.
    pub page_request: PageRequest<id::ProductKind>,
    /// Only those that are for sale, or that are not.
    pub active: Option<bool>,
    /// Only that with this page of its own.
    pub url: Option<String>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl IdempotentResource for Product {
    const RESOURCE: Resource = Resource::Product;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
}

impl Call {
    /// Creates a product. One conditional put.
    pub async fn create_product(
        &self,
        details: ProductDetails,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Product>, Error> {
        let tenant = self.tenant().await?;
        let id: ProductId = self.id_for(tenant, "products", idempotency);
        let fingerprint = idempotency.map(|i| i.fingerprint.clone());
        let product = Product::new(id, details, fingerprint, self.now, &self.request);
        let draft = async { Ok(Draft::New(product)) };
        self.create_idempotent(tenant, &id.to_string(), idempotency, draft).await
    }

    /// Reads a product. One round trip in a warm function.
    pub async fn retrieve_product(&self, id: ProductId) -> Result<Product, Error> {
        let tenant = self.tenant().await?;
        let product: Option<Product> = self.store.get(tenant, &id.to_string()).await?;
        let product = product.filter(|product| !product.deleted);
        Ok(product.ok_or(Refusal::NotFound(Resource::Product))?)
    }

    /// Updates a product, as [`Call::change`] does. A default price has to be one of its own, which is read first.
    pub async fn update_product(
        &self,
        id: ProductId,
        update: &ProductUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Product>, Error> {
        if let Some(Some(price)) = update.default_price {
            self.check_default_price(id, price).await?;
        }
        self.change(&id.to_string(), "update", idempotency, |product: &Product| {
            Ok(product.updated(update, self.now, &self.request).map_err(Refusal::from)?)
        })
        .await
    }

    async fn check_default_price(&self, product: ProductId, price: PriceId) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let price: Option<Price> = self.store.get(tenant, &price.to_string()).await?;
        let price = price.ok_or(Refusal::NoSuchReference(Resource::Price))?;
        if price.terms.product == product {
            return Ok(());
        }
        Err(Refusal::from(BillingRefusal::OtherProductsPrice).into())
    }

    /// Deletes a product that has no prices; a query tells.
    pub async fn delete_product(&self, id: ProductId) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let query = ListQuery::new(1).of_product(tenant, id);
        let prices: Page<Price> = self.store.list(tenant, &query, None).await?;
        self.change(&id.to_string(), "delete", None, |product: &Product| {
            if prices.items.is_empty() {
                return Ok(product.delete(self.now, &self.request));
            }
            Err(Refusal::from(BillingRefusal::ProductHasPrices).into())
        })
        .await?;
        Ok(())
    }

    /// Lists products, newest first.
    pub async fn list_products(&self, filter: ProductFilter) -> Result<Page<Product>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Product, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        let (active, url) = (filter.active, filter.url);
        if active.is_none() && url.is_none() {
            return Ok(self.store.list(tenant, &query, None).await?);
        }
        let keep = move |product: &Product| {
            let details = &product.details;
            active.is_none_or(|active| active == details.active)
                && url.as_ref().is_none_or(|url| details.url.as_ref() == Some(url))
        };
        Ok(self.store.list(tenant, &query, Some(&keep)).await?)
    }

    /// A product that something new refers to.
    pub(super) async fn existing_product(&self, tenant: Tenant, id: ProductId) -> Result<Product, Error> {
        let product: Option<Product> = self.store.get(tenant, &id.to_string()).await?;
        let product = product.filter(|product| !product.deleted);
        Ok(product.ok_or(Refusal::NoSuchReference(Resource::Product))?)
    }
}
