//! The ledger: what changes of payments and refunds move, and what merchants see of it.
//!
//! - `book`: books changes. The stream's function calls it, and the operator's tool for what it missed.
//! - `balance`: a merchant's balances and balance transactions.
//!
//! Money becomes available by due work (`due_work/funds`).

pub(crate) mod balance;
pub(crate) mod book;
