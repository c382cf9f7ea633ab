//! A refund.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Refund as StoredRefund,
    ledger::{TransactionKind, required_by_refund},
};

use super::{
    super::names::{CHARGE_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS},
    context::{Context, currency},
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
    /// `txn_…`, unless it failed before it took money. It is booked a moment later, before its event is sent.
    pub balance_transaction: Option<String>,
    /// `ch_…`.
    pub charge: String,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Always `null`: it is the payment's.
    pub customer: Option<()>,
    /// Always `null`: customers are no accounts.
    pub customer_account: Option<()>,
    /// Always `null`: the money goes back to where it came from.
    pub destination_details: Option<()>,
    /// `txn_…`: the return of its money, if it failed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_balance_transaction: Option<String>,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `pi_…`.
    pub payment_intent: String,
    /// Always `null`: it is the payment's.
    pub payment_method: Option<()>,
    /// One of [`REFUND_REASONS`]. A reason that only another API has is not shown.
    pub reason: Option<String>,
    /// Always `null`: no receipts are sent.
    pub receipt_number: Option<()>,
    /// `succeeded`, `pending`, `failed` or `canceled`.
    pub status: &'static str,
}

/// A refund as JSON.
pub fn refund(refund: &StoredRefund, context: Context<'_>) -> Value {
    let required = required_by_refund(refund);
    let reason = refund.reason.clone().filter(|reason| REFUND_REASONS.contains(&reason.as_str()));
    to_value(&Refund {
        id: refund.id.to_prefixed(REFUND_PREFIX),
        object: "refund",
        amount: refund.amount.minor,
        balance_transaction: context.transaction(&required, TransactionKind::Refund),
        charge: refund.payment.to_prefixed(CHARGE_PREFIX),
        created: refund.created.s(),
        currency: currency(refund.amount),
        customer: None,
        customer_account: None,
        destination_details: None,
        failure_balance_transaction: context.transaction(&required, TransactionKind::RefundFailure),
        metadata: refund.metadata.to_json(),
        payment_intent: refund.payment.to_prefixed(PAYMENT_PREFIX),
        payment_method: None,
        reason,
        receipt_number: None,
        status: refund.status.as_str(),
    })
}
