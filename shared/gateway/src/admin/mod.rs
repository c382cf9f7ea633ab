//! The operator's tool. `Admin` works without a caller, a rate limit or metering.
//!
//! - `operator`: `Admin` and `AdminError`.
//! - `merchants`: `create_merchant`, `merchant`, `set_tier`, `set_limit`.
//! - `api_keys`: `create_key`, `list_keys`, `revoke_key`, `revoke_key_text`, `set_scopes`.
//! - `support`: `delivery_attempts`, `set_processor`, `resume_money`, `create_endpoint`, `random`.
//! - `vault_keys`: `vault_keys`, `add_vault_key`, `promote_vault_key`, `retire_vault_key`, `reseal`.
//! - `reseal`: encrypts stored texts again with the current vault key.
//! - `scan`: `Pages`, and the loop over a table's pages.
//! - `restore`: copies a table that was restored to a point in time back into the live one.
//! - `republish`: publishes events and deliveries that the tables lack.
//! - `ledger`: `set_terms` and `backfill_ledger`, which books what the stream did not book.
//! - `verify`: `verify_ledger`, which compares the ledger with payments, refunds and balances.
//! - `references`: `look_up_references`, which looks a processor's references up in the ledger.
//! - `reconcile`: `reconcile`, which compares a processor's settlement report with the ledger, and `book_differences`.
//! - `payout_files`: `take_payouts` and `settle_reported`, for the files that carry live payouts.

pub(crate) mod api_keys;
pub(crate) mod ledger;
pub(crate) mod merchants;
pub(crate) mod operator;
pub(crate) mod orders;
pub(crate) mod payout_files;
pub(crate) mod reconcile;
pub(crate) mod references;
pub(crate) mod republish;
pub(crate) mod reseal;
pub(crate) mod restore;
pub(crate) mod scan;
pub(crate) mod support;
pub(crate) mod vault_keys;
pub(crate) mod verify;
