//! The simulated `CyberSource`: the payments API, the transaction search and the conversion details, under HTTP signatures.

mod charges;
mod fields;
mod look_ups;
mod replies;
mod request;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::simulators::Simulators;
use charges::{authorize, capture, refund_capture, refund_payment, reverse, reverse_unanswered};
use look_ups::{conversions, search};

pub(super) fn routes() -> Router<Arc<Simulators>> {
    let at = |path: &str| format!("/_networks/cybersource{path}");
    Router::new()
        .route(&at("/pts/v2/payments"), post(authorize))
        .route(&at("/pts/v2/payments/{id}/captures"), post(capture))
        .route(&at("/pts/v2/payments/{id}/reversals"), post(reverse))
        .route(&at("/pts/v2/payments/{id}/refunds"), post(refund_payment))
        .route(&at("/pts/v2/captures/{id}/refunds"), post(refund_capture))
        .route(&at("/pts/v2/reversals"), post(reverse_unanswered))
        .route(&at("/tss/v2/searches"), post(search))
        .route(&at("/reporting/v3/conversion-details"), get(conversions))
}
