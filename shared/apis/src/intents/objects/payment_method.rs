//! A payment method.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::PaymentMethod as StoredMethod;

use super::{
    super::names::{CUSTOMER_PREFIX, METHOD_PREFIX},
    contact::BillingDetails,
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
    /// Whether it may be shown to the customer again: `always`, `limited` or `unspecified`.
    pub allow_redisplay: String,
    /// Whose it is.
    pub billing_details: BillingDetails,
    /// Unix seconds.
    pub created: i64,
    /// `cus_…`, while it is attached.
    pub customer: Option<String>,
    /// Always `null`: customers are no accounts.
    pub customer_account: Option<()>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Its type and what may be shown of it.
    #[serde(flatten)]
    pub details: MethodDetails,
}

/// A payment method as JSON.
pub fn payment_method(method: &StoredMethod, context: Context<'_>) -> Value {
    to_value(&PaymentMethod {
        id: method.id.to_prefixed(METHOD_PREFIX),
        object: "payment_method",
        allow_redisplay: method.allow_redisplay.clone().unwrap_or_else(|| "unspecified".to_owned()),
        billing_details: BillingDetails::new(&method.billing),
        created: method.created.s(),
        customer: method.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        customer_account: None,
        livemode: context.livemode(),
        metadata: method.metadata.to_json(),
        details: MethodDetails::new(&method.source),
    })
}
