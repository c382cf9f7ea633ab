//! The `direct` API: raw cards and wallets, offset lists, access tokens.
//!
//! One binary per route in `src/bin`; what they share is here. The contract is the published text, as settled by the
//! project's decisions in `docs/decisions.md`.

mod api;
pub mod payments;
pub mod refunds;
pub mod transactions;

pub use api::{Direct, TokenEndpoint};
