//! A balance transaction.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    BalanceTransaction as StoredTransaction,
    ledger::{TransactionKind, TransactionSource},
};

use super::{
    super::names::{
        ADJUSTMENT_PREFIX, CHARGE_PREFIX, DISPUTE_PREFIX, PAYOUT_PREFIX, REFUND_PREFIX, TRANSACTION_PREFIX,
        TRANSFER_PREFIX,
    },
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
    /// What it is counted as: the type, except that disputes are `dispute` and `dispute_reversal`, and both returns of a payout's money
    /// `payout_reversal`.
    pub reporting_category: &'static str,
    /// `ch_…`, `re_…`, `dp_…`, `po_…`, `tr_…` or `adj_…`.
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

/// The type and the reporting category of a kind.
const fn names_of(kind: TransactionKind) -> (&'static str, &'static str) {
    match kind {
        TransactionKind::Charge => ("charge", "charge"),
        TransactionKind::Refund => ("refund", "refund"),
        TransactionKind::RefundFailure => ("refund_failure", "refund_failure"),
        TransactionKind::Dispute => ("adjustment", "dispute"),
        TransactionKind::DisputeReversal => ("adjustment", "dispute_reversal"),
        TransactionKind::Payout => ("payout", "payout"),
        TransactionKind::PayoutFailure => ("payout_failure", "payout_reversal"),
        TransactionKind::PayoutCancel => ("payout_cancel", "payout_reversal"),
        TransactionKind::Transfer => ("transfer", "transfer"),
        TransactionKind::Adjustment => ("adjustment", "other_adjustment"),
    }
}

/// The kinds that a type stands for; none where nothing makes it yet.
pub fn transaction_kinds(name: &str) -> Vec<TransactionKind> {
    TransactionKind::ALL.iter().copied().filter(|kind| names_of(*kind).0 == name).collect()
}

impl BalanceTransaction {
    /// A balance transaction in this API's words.
    pub fn new(stored: &StoredTransaction) -> Self {
        let is_dispute = stored.kind == TransactionKind::Dispute;
        let fee = (stored.fee != 0).then(|| FeeDetail {
            amount: stored.fee,
            application: None,
            currency: currency(stored.amount),
            description: if is_dispute { "Dispute fee" } else { "Processing fees" },
            r#type: "stripe_fee",
        });
        let (name, reporting_category) = names_of(stored.kind);

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
            reporting_category,
            source: match stored.source {
                TransactionSource::Payment(id) => id.to_prefixed(CHARGE_PREFIX),
                TransactionSource::Refund(id) => id.to_prefixed(REFUND_PREFIX),
                TransactionSource::Dispute(id) => id.to_prefixed(DISPUTE_PREFIX),
                TransactionSource::Payout(id) => id.to_prefixed(PAYOUT_PREFIX),
                TransactionSource::Transfer(id) => id.to_prefixed(TRANSFER_PREFIX),
                TransactionSource::Adjustment(id) => id.to_prefixed(ADJUSTMENT_PREFIX),
            },
            // What a dispute takes is gone at once, whoever gets it in the end.
            status: if is_dispute { "available" } else { stored.status.as_str() },
            r#type: name,
        }
    }
}

/// A balance transaction as JSON.
pub fn balance_transaction(stored: &StoredTransaction) -> Value {
    to_value(&BalanceTransaction::new(stored))
}
