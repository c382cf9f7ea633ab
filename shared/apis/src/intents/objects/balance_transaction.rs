//! A balance transaction.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    BalanceTransaction as StoredTransaction,
    ledger::{TransactionKind, TransactionSource},
};

use super::{
    super::names::{CHARGE_PREFIX, REFUND_PREFIX, TRANSACTION_PREFIX},
    context::currency,
};
use crate::json::to_value;

/// A balance transaction.
#[derive(Debug, Serialize)]
pub struct BalanceTransaction {
    /// `txn_…`.
    pub id: String,
    /// `balance_transaction`.
    pub object: &'static str,
    /// The change before the fee, in minor units; negative if money was taken.
    pub amount: i64,
    /// Unix seconds.
    pub available_on: i64,
    /// `payments`: the balance that it moves.
    pub balance_type: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The merchant's description of the payment.
    pub description: Option<String>,
    /// Always `null`: money is not converted.
    pub exchange_rate: Option<f64>,
    /// In minor units.
    pub fee: i64,
    /// What the fee consists of.
    pub fee_details: Vec<FeeDetail>,
    /// The change of the merchant's money, in minor units.
    pub net: i64,
    /// `charge`, `refund` or `refund_failure`.
    pub reporting_category: &'static str,
    /// `ch_…` or `re_…`.
    pub source: String,
    /// `pending` or `available`.
    pub status: &'static str,
    /// One of [`TRANSACTION_TYPES`](super::super::TRANSACTION_TYPES).
    pub r#type: &'static str,
}

/// A part of a fee.
#[derive(Debug, Serialize)]
pub struct FeeDetail {
    /// In minor units.
    pub amount: i64,
    /// Always `null`: no application takes a part.
    pub application: Option<String>,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What it is for.
    pub description: &'static str,
    /// `stripe_fee`, the published name for the gateway's own fee.
    pub r#type: &'static str,
}

impl BalanceTransaction {
    /// A balance transaction in this API's words.
    pub fn new(stored: &StoredTransaction) -> Self {
        let fee = (stored.fee != 0).then(|| FeeDetail {
            amount: stored.fee,
            application: None,
            currency: currency(stored.amount),
            description: "Processing fees",
            r#type: "stripe_fee",
        });
        let name = match stored.kind {
            TransactionKind::Charge => "charge",
            TransactionKind::Refund => "refund",
            TransactionKind::RefundFailure => "refund_failure",
        };
        Self {
            id: stored.id.to_prefixed(TRANSACTION_PREFIX),
            object: "balance_transaction",
            amount: stored.amount.minor,
            available_on: stored.available_on.s(),
            balance_type: "payments",
            created: stored.created.s(),
            currency: currency(stored.amount),
            description: stored.description.clone(),
            exchange_rate: None,
            fee: stored.fee,
            fee_details: fee.into_iter().collect(),
            net: stored.net(),
            reporting_category: name,
            source: match stored.source {
                TransactionSource::Payment(id) => id.to_prefixed(CHARGE_PREFIX),
                TransactionSource::Refund(id) => id.to_prefixed(REFUND_PREFIX),
            },
            status: stored.status.as_str(),
            r#type: name,
        }
    }
}

/// A balance transaction as JSON.
pub fn balance_transaction(stored: &StoredTransaction) -> Value {
    to_value(&BalanceTransaction::new(stored))
}
