//! The `charges` API: its routes, and how they read requests.
//!
//! One binary per route in `src/bin`; what they share is here. The contract is the published text, as settled by the
//! project's decisions in `docs/decisions.md`.

mod api;
pub mod customers;
pub mod lists;
pub mod payments;
pub mod refunds;

pub use api::Charges;
