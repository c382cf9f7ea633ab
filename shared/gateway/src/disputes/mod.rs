//! Disputes: how they open, what merchants do with them, and how they end.
//!
//! - `open`: opens a dispute and withholds its money; the sandbox's test cards.
//! - `change`: writes the next version of a dispute, with its payment where money moves.
//! - `notices`: what processors tell of disputes.
//! - `merchant`: a merchant reads, answers and accepts disputes.
//!
//! Time for evidence that ends, and the sandbox's decisions, are due work (`due_work/disputes`).

mod change;
pub(crate) mod merchant;
pub(crate) mod notices;
mod open;
