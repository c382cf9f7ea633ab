//! Payouts and the bank accounts they go to.
//!
//! - `create`: `create_payout`, which takes the money in the request.
//! - `payout`: `retrieve_payout`, `list_payouts`, `update_payout`, `cancel_payout`.
//! - `destination`: where a payout goes that does not say it; `rail`: whether anything carries it.
//! - `settle`: the end of a payout, for merchants and for due work (`due_work/payouts`).
//! - `connected_accounts`: other merchants to pay out to; `balance_settings`: when the balance is paid out by itself.
//! - `bank_accounts`: create, update and delete; `bank_account_list`: retrieve and list.
//! - `transfers`: what other merchants paid out to this one.
//! - `bank_number`: what an account number has to look like.
//! - `sandbox_account`: the account of the sandbox, for merchants without one of their own.

pub(crate) mod balance_settings;
pub(crate) mod bank_account_list;
pub(crate) mod bank_accounts;
pub(crate) mod bank_number;
pub(crate) mod connected_accounts;
pub(crate) mod create;
pub(crate) mod destination;
pub(crate) mod payout;
pub(crate) mod rail;
pub(crate) mod sandbox_account;
pub(crate) mod settle;
pub(crate) mod transfers;
