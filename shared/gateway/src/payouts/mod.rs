//! Payouts and the bank accounts they go to.
//!
//! - `create`: `create_payout`, which takes the money in the request.
//! - `payout`: `retrieve_payout`, `list_payouts`, `update_payout`, `cancel_payout`.
//! - `settle`: the end of a payout, for merchants and for due work (`due_work/payouts`).
//! - `bank_accounts`: create, update and delete; `bank_account_list`: retrieve and list.
//! - `bank_number`: what an account number has to look like.
//! - `sandbox_account`: the account of the sandbox, for merchants without one of their own.

pub(crate) mod bank_account_list;
pub(crate) mod bank_accounts;
pub(crate) mod bank_number;
pub(crate) mod create;
pub(crate) mod payout;
pub(crate) mod sandbox_account;
pub(crate) mod settle;
