//! Simulators of the two payment processors. They use the wire formats of `tollgate_processors`, check credentials, and
//! know the test cards. They refuse what the published references refuse (`docs/processors.md`).
//!
//! Tests read their books (`GET /_networks/orders`), to tell one charge from two; make coming requests fail (`POST
//! /_networks/faults`); let look-ups lag (`PUT /_networks/lag`); decide reviews (`POST /_networks/reviews`); read settlement
//! reports (`GET /_networks/settlements`), with mistakes in them if they like; and dispute payments
//! (`POST /_networks/disputes`), of which the gateway gets a notice.

mod accounts;
mod control;
mod cybersource;
mod faults;
mod ledger;
mod mpgs;
mod notices;
mod settlements;
mod simulators;
mod transaction;

use std::sync::Arc;

use axum::Router;

pub use accounts::{NoticesTo, demo_accounts, demo_notice_keys};
pub use simulators::{NowMs, Simulators};

/// The processors' routes, and those for tests.
pub fn router(simulators: Arc<Simulators>) -> Router {
    control::routes().merge(cybersource::routes()).merge(mpgs::routes()).with_state(simulators)
}
