//! A bank account.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{BankAccount as StoredAccount, bank_account::HolderType};

use super::{
    super::names::{ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX},
    context::Context,
    deleted::deleted,
};
use crate::json::to_value;

/// A bank account.
#[derive(Debug, Serialize)]
pub struct BankAccount {
    /// `ba_…`.
    pub id: String,
    /// `bank_account`.
    pub object: &'static str,
    /// `acct_…`: the merchant.
    pub account: String,
    /// The holder's name.
    pub account_holder_name: Option<String>,
    /// `individual` or `company`.
    pub account_holder_type: Option<&'static str>,
    /// Always `null`: it is asked of Japanese accounts alone.
    pub account_type: Option<()>,
    /// `standard`.
    pub available_payout_methods: [&'static str; 1],
    /// The bank's name, where it is known.
    pub bank_name: Option<String>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Always `null`: it is the merchant's.
    pub customer: Option<()>,
    /// Whether payouts in its currency go to it unless they say otherwise.
    pub default_for_currency: bool,
    /// Equal for equal accounts.
    pub fingerprint: String,
    /// The last four characters of the number.
    pub last4: String,
    /// The merchant's metadata.
    pub metadata: Value,
    /// The bank's number.
    pub routing_number: Option<String>,
    /// `new`: nothing verifies it.
    pub status: &'static str,
}

/// A bank account as JSON. The number is never shown.
pub fn bank_account(account: &StoredAccount, context: Context<'_>) -> Value {
    to_value(&BankAccount {
        id: account.id.to_prefixed(BANK_ACCOUNT_PREFIX),
        object: "bank_account",
        account: context.tenant.merchant.to_prefixed(ACCOUNT_PREFIX),
        account_holder_name: account.holder_name.clone(),
        account_holder_type: account.holder_type.map(HolderType::as_str),
        account_type: None,
        available_payout_methods: ["standard"],
        bank_name: account.bank_name.clone(),
        country: account.country.clone(),
        currency: account.currency.code().to_ascii_lowercase(),
        customer: None,
        default_for_currency: account.default_for_currency,
        fingerprint: account.number_fingerprint.clone(),
        last4: account.last4.clone(),
        metadata: account.metadata.to_json(),
        routing_number: account.routing_number.clone(),
        status: "new",
    })
}

/// A payout's bank account as JSON. Of a deleted one only that is shown.
pub fn destination(account: &StoredAccount, context: Context<'_>) -> Value {
    if account.deleted {
        return deleted(account.id.to_prefixed(BANK_ACCOUNT_PREFIX), "bank_account");
    }
    bank_account(account, context)
}
