//! A tenant's balances at one moment, as an event shows them.

use serde::{Deserialize, Serialize};

use super::Accounts;
use crate::{money::Currency, request_ref::RequestRef, time::Timestamp};

/// A tenant's balances at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceSheet {
    /// The balances, ordered by currency.
    pub balances: Vec<CurrencyBalance>,
    /// When they were read.
    pub read_at: Timestamp,
    /// No request: money becomes available by itself.
    #[serde(flatten)]
    pub request: RequestRef,
}

/// A balance in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyBalance {
    /// The currency.
    pub currency: Currency,
    /// What is in its accounts.
    pub accounts: Accounts,
}
