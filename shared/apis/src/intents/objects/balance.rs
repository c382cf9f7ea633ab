//! A balance.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Accounts, Money, ledger::CurrencyBalance};

use super::context::{Context, currency};
use crate::json::to_value;

/// A balance.
#[derive(Debug, Serialize)]
pub struct Balance {
    /// `balance`.
    pub object: &'static str,
    /// Money that can be paid out, for each currency.
    pub available: Vec<BalanceAmount>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Money that becomes available later, for each currency.
    pub pending: Vec<BalanceAmount>,
}

/// An amount of a balance.
#[derive(Debug, Serialize)]
pub struct BalanceAmount {
    /// In minor units; negative if refunds took more than there was.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
}

/// A merchant's balances as JSON. A merchant without bookings has no currency.
pub fn balance(balances: &[CurrencyBalance], context: Context<'_>) -> Value {
    let amounts = |of: fn(&Accounts) -> i64| {
        let amounts = balances.iter().map(|balance| {
            let money = Money { minor: of(&balance.accounts), currency: balance.currency };
            BalanceAmount { amount: money.minor, currency: currency(money) }
        });
        amounts.collect()
    };
    to_value(&Balance {
        object: "balance",
        available: amounts(|accounts| accounts.available),
        livemode: context.livemode(),
        pending: amounts(|accounts| accounts.pending),
    })
}
