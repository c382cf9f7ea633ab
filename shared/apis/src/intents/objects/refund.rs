//! A refund.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::Refund as StoredRefund;

use super::{
    super::names::{CHARGE_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS},
    context::currency,
};
use crate::json::to_value;

/// A refund.
#[derive(Debug, Serialize)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// `refund`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// `ch_…`.
    pub charge: String,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `pi_…`.
    pub payment_intent: String,
    /// One of [`REFUND_REASONS`]. A reason that only another API has is not shown.
    pub reason: Option<String>,
    /// `succeeded`, `pending`, `failed` or `canceled`.
    pub status: &'static str,
}

/// A refund as JSON.
pub fn refund(refund: &StoredRefund) -> Value {
    let reason = refund.reason.clone().filter(|reason| REFUND_REASONS.contains(&reason.as_str()));
    to_value(&Refund {
        id: refund.id.to_prefixed(REFUND_PREFIX),
        object: "refund",
        amount: refund.amount.minor,
        charge: refund.payment.to_prefixed(CHARGE_PREFIX),
        created: refund.created.s(),
        currency: currency(refund.amount),
        metadata: refund.metadata.to_json(),
        payment_intent: refund.payment.to_prefixed(PAYMENT_PREFIX),
        reason,
        status: refund.status.as_str(),
    })
}
