//! A customer.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::Customer as StoredCustomer;

use super::{super::names::CUSTOMER_PREFIX, context::Context, deleted::deleted};
use crate::json::to_value;

/// A customer.
#[derive(Debug, Serialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// `customer`.
    pub object: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// Always `null`: customers have no description.
    pub description: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A customer as JSON; a deleted one as [`Deleted`].
pub fn customer(customer: &StoredCustomer, context: Context<'_>) -> Value {
    let (id, object) = (customer.id.to_prefixed(CUSTOMER_PREFIX), "customer");
    if customer.deleted {
        return deleted(id, object);
    }
    to_value(&Customer {
        id,
        object,
        created: customer.created.s(),
        description: None,
        email: customer.profile.email.clone(),
        livemode: context.livemode,
        metadata: customer.profile.metadata.to_json(),
        name: customer.profile.name.clone(),
        phone: customer.profile.phone.clone(),
    })
}
