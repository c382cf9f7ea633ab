//! The ledger: what changes of payments and refunds move, and what merchants see of it.
//!
//! - `book`: books changes. The stream's function calls it, and the operator's tool for what it missed.
//! - `balance`: a merchant's balances and balance transactions.
//! - `check`: verifies a tenant's ledger in slices, by due work.
//! - `difference`: what the check and the operator's tool find.
//!
//! Money becomes available by due work (`due_work/funds`).

pub(crate) mod balance;
pub(crate) mod book;
pub(crate) mod check;
pub(crate) mod difference;
