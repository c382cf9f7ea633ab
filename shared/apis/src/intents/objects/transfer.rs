//! A transfer: a payout of another merchant that came in.

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_domain::{
    Subject, Transfer as StoredTransfer,
    ledger::{TransactionKind, bookings_of},
};

use super::{
    super::{
        account::list,
        names::{ACCOUNT_PREFIX, TRANSFER_PREFIX},
    },
    context::{Context, currency},
};
use crate::json::to_value;

/// A transfer.
#[derive(Debug, Serialize)]
pub struct Transfer {
    /// `tr_…`.
    pub id: String,
    /// `transfer`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// Always 0: transfers are not reversed.
    pub amount_reversed: i64,
    /// `txn_…`.
    pub balance_transaction: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What the payout of the merchant that paid says.
    pub description: Option<String>,
    /// `acct_…`: the merchant itself.
    pub destination: String,
    /// Always `null`: no charge is made for it.
    pub destination_payment: Option<()>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Always empty: the payout's metadata is of the merchant that paid.
    pub metadata: Value,
    /// Always empty: transfers are not reversed.
    pub reversals: Value,
    /// Always `false`.
    pub reversed: bool,
    /// `acct_…`: the merchant that paid.
    pub source_account: String,
    /// Always `null`: it is of a balance.
    pub source_transaction: Option<()>,
    /// `card`: there is one balance.
    pub source_type: &'static str,
    /// Always `null`.
    pub transfer_group: Option<()>,
}

/// A transfer as JSON.
pub fn transfer(transfer: &StoredTransfer, context: Context<'_>) -> Value {
    let id = transfer.id.to_prefixed(TRANSFER_PREFIX);
    let subject = Subject::Transfer(Box::new(transfer.clone()));
    to_value(&Transfer {
        object: "transfer",
        amount: transfer.amount.minor,
        amount_reversed: 0,
        balance_transaction: context.transaction(&bookings_of(None, &subject), TransactionKind::Transfer),
        created: transfer.created.s(),
        currency: currency(transfer.amount),
        description: transfer.description.clone(),
        destination: context.tenant.merchant.to_prefixed(ACCOUNT_PREFIX),
        destination_payment: None,
        livemode: context.livemode(),
        metadata: json!({}),
        reversals: list(Vec::new(), false, &format!("/v1/transfers/{id}/reversals")),
        reversed: false,
        source_account: transfer.sender.to_prefixed(ACCOUNT_PREFIX),
        source_transaction: None,
        source_type: "card",
        transfer_group: None,
        id,
    })
}
