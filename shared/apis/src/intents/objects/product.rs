//! A product.

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_domain::billing::Product as StoredProduct;

use super::{
    super::names::{PRICE_PREFIX, PRODUCT_PREFIX},
    context::Context,
};
use crate::json::to_value;

/// A product.
#[derive(Debug, Serialize)]
pub struct Product<'a> {
    /// `prod_…`.
    pub id: String,
    /// `product`.
    pub object: &'static str,
    /// Whether it is for sale.
    pub active: bool,
    /// Unix seconds.
    pub created: i64,
    /// `price_…`.
    pub default_price: Option<String>,
    /// What it is.
    pub description: Option<&'a str>,
    /// URLs of pictures.
    pub images: &'a [String],
    /// Whether it is real data.
    pub livemode: bool,
    /// What speaks for it, each as `{"name": …}`.
    pub marketing_features: Vec<Value>,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Its name.
    pub name: &'a str,
    /// Always `null`: nothing is sent here.
    pub package_dimensions: Option<()>,
    /// Whether it is sent.
    pub shippable: Option<bool>,
    /// What the payer's bank statement says of it.
    pub statement_descriptor: Option<&'a str>,
    /// What kind of good it is for taxes.
    pub tax_code: Option<&'a str>,
    /// `service`: nothing else is sold by newer clients.
    pub r#type: &'static str,
    /// What one of it is called.
    pub unit_label: Option<&'a str>,
    /// Unix seconds.
    pub updated: i64,
    /// Its page.
    pub url: Option<&'a str>,
}

/// A product as JSON.
pub fn product(product: &StoredProduct, context: Context<'_>) -> Value {
    let details = &product.details;
    let features = details.marketing_features.iter().map(|name| json!({"name": name}));
    to_value(&Product {
        id: product.id.to_prefixed(PRODUCT_PREFIX),
        object: "product",
        active: details.active,
        created: product.created.s(),
        default_price: details.default_price.map(|id| id.to_prefixed(PRICE_PREFIX)),
        description: details.description.as_deref(),
        images: &details.images,
        livemode: context.livemode(),
        marketing_features: features.collect(),
        metadata: details.metadata.to_json(),
        name: &details.name,
        package_dimensions: None,
        shippable: details.shippable,
        statement_descriptor: details.statement_descriptor.as_deref(),
        tax_code: details.tax_code.as_deref(),
        r#type: "service",
        unit_label: details.unit_label.as_deref(),
        updated: product.updated.s(),
        url: details.url.as_deref(),
    })
}
