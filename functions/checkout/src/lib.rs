//! The `checkout` API: hosted payments behind two processor accounts, decimal amounts, errors that list every wrong field.
//!
//! One binary per route in `src/bin`; what they share is here. The contract is the published text, as settled by the
//! project's decisions in `docs/decisions.md`.

mod api;
pub mod initialize;
pub mod transactions;

pub use api::Checkout;
