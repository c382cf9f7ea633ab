//! Simulators of the two payment processors: they speak the wire formats that `tollgate_processors` speaks, check
//! credentials, know the test cards, and can be told to fail in every way that a network fails.
//!
//! They refuse what the published references say the processors refuse (`docs/processors.md`). `GET /_networks/orders` shows
//! their books, so that a test can tell one charge from two. `POST /_networks/faults` spoils a request to come, `PUT
//! /_networks/lag` lets look-ups lag, and `POST /_networks/reviews` decides what is held for review.

mod accounts;
mod control;
mod cybersource;
mod faults;
mod ledger;
mod mpgs;
mod simulators;
mod transaction;

use std::sync::Arc;

use axum::Router;

pub use accounts::demo_accounts;
pub use simulators::{NowMs, Simulators};

/// The processors' routes, and those that control them.
pub fn router(simulators: Arc<Simulators>) -> Router {
    control::routes().merge(cybersource::routes()).merge(mpgs::routes()).with_state(simulators)
}
