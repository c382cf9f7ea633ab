//! A payout.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Payout as StoredPayout,
    ledger::{TransactionKind, required_by_payout},
    payout::{PayoutDestination, PayoutFailure},
};

use super::{
    super::names::{ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX, PAYOUT_PREFIX},
    context::{Context, currency},
};
use crate::json::to_value;

/// A payout.
#[derive(Debug, Serialize)]
pub struct Payout {
    /// `po_…`.
    pub id: String,
    /// `payout`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// Always `null`: no application takes a part.
    pub application_fee: Option<()>,
    /// Always `null`.
    pub application_fee_amount: Option<()>,
    /// Unix seconds: the beginning of the day.
    pub arrival_date: i64,
    /// Whether the schedule made it, not a request.
    pub automatic: bool,
    /// `txn_…`.
    pub balance_transaction: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The merchant's description.
    pub description: Option<String>,
    /// `ba_…`, or `acct_…`.
    pub destination: String,
    /// `txn_…`: the return of its money, if it failed or was canceled.
    pub failure_balance_transaction: Option<String>,
    /// Why it failed.
    pub failure_code: Option<&'static str>,
    /// The same in a sentence.
    pub failure_message: Option<&'static str>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `standard`.
    pub method: &'static str,
    /// Always `null`: payouts are not reversed.
    pub original_payout: Option<()>,
    /// Always `null`: the money goes to a bank account.
    pub payout_method: Option<()>,
    /// `not_applicable`: which payments it pays out is known of automatic payouts alone.
    pub reconciliation_status: &'static str,
    /// Always `null`.
    pub reversed_by: Option<()>,
    /// `card`: there is one balance.
    pub source_type: &'static str,
    /// What the bank's statement says.
    pub statement_descriptor: Option<String>,
    /// `pending`, `in_transit`, `paid`, `failed` or `canceled`.
    pub status: &'static str,
    /// The bank's reference, which is not known.
    pub trace_id: TraceId,
    /// `bank_account`, or `account`.
    pub r#type: &'static str,
}

/// A bank's reference of a payout.
#[derive(Debug, Serialize)]
pub struct TraceId {
    /// `unsupported`.
    pub status: &'static str,
    /// Always `null`.
    pub value: Option<()>,
}

/// A payout as JSON.
pub fn payout(payout: &StoredPayout, context: Context<'_>) -> Value {
    let required = required_by_payout(payout);
    let returned = [TransactionKind::PayoutFailure, TransactionKind::PayoutCancel];
    to_value(&Payout {
        id: payout.id.to_prefixed(PAYOUT_PREFIX),
        object: "payout",
        amount: payout.amount.minor,
        application_fee: None,
        application_fee_amount: None,
        arrival_date: payout.arrival_date.s(),
        automatic: payout.automatic,
        balance_transaction: context.transaction(&required, TransactionKind::Payout),
        created: payout.created.s(),
        currency: currency(payout.amount),
        description: payout.description.clone(),
        destination: match payout.destination {
            PayoutDestination::BankAccount(id) => id.to_prefixed(BANK_ACCOUNT_PREFIX),
            PayoutDestination::Account(id) => id.to_prefixed(ACCOUNT_PREFIX),
        },
        failure_balance_transaction: returned.iter().find_map(|kind| context.transaction(&required, *kind)),
        failure_code: payout.failure.map(PayoutFailure::code),
        failure_message: payout.failure.map(PayoutFailure::message),
        livemode: context.livemode(),
        metadata: payout.metadata.to_json(),
        method: "standard",
        original_payout: None,
        payout_method: None,
        reconciliation_status: "not_applicable",
        reversed_by: None,
        source_type: "card",
        statement_descriptor: payout.statement_descriptor.clone(),
        status: payout.status.as_str(),
        trace_id: TraceId { status: "unsupported", value: None },
        r#type: if payout.destination.account().is_some() { "account" } else { "bank_account" },
    })
}
