//! A payment method.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::PaymentMethod as StoredMethod;

use super::{
    super::names::{CUSTOMER_PREFIX, METHOD_PREFIX},
    context::Context,
    method_details::MethodDetails,
};
use crate::json::to_value;

/// A payment method.
#[derive(Debug, Serialize)]
pub struct PaymentMethod {
    /// `pm_…`.
    pub id: String,
    /// `payment_method`.
    pub object: &'static str,
    /// Whose it is.
    pub billing_details: BillingDetails,
    /// Unix seconds.
    pub created: i64,
    /// `cus_…`, while it is attached.
    pub customer: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Its type and what may be shown of it.
    #[serde(flatten)]
    pub details: MethodDetails,
}

/// Whose a payment method is.
#[derive(Debug, Serialize)]
pub struct BillingDetails {
    /// Always `null`: addresses are accepted and not stored.
    pub address: Option<Value>,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A payment method as JSON.
pub fn payment_method(method: &StoredMethod, context: Context<'_>) -> Value {
    to_value(&PaymentMethod {
        id: method.id.to_prefixed(METHOD_PREFIX),
        object: "payment_method",
        billing_details: BillingDetails {
            address: None,
            email: method.billing.email.clone(),
            name: method.billing.name.clone(),
            phone: method.billing.phone.clone(),
        },
        created: method.created.s(),
        customer: method.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        livemode: context.livemode,
        metadata: method.metadata.to_json(),
        details: MethodDetails::new(&method.source),
    })
}
