//! Routes for tests: they show the processors' books and make the processors fail.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_domain::ProcessorKind;

use super::{
    faults::Fault,
    notices::Dispute,
    settlements::{Mistakes, report},
    simulators::{LAG_MS_MAX, Simulators},
};

pub(super) fn routes() -> Router<Arc<Simulators>> {
    Router::new()
        .route("/_networks/orders", get(orders))
        .route("/_networks/faults", get(show_faults).post(add_fault).delete(clear_faults))
        .route("/_networks/lag", put(set_lag))
        .route("/_networks/reviews", post(decide_review))
        .route("/_networks/settlements", get(settlements))
        .route("/_networks/disputes", post(send_notice))
}

#[derive(Deserialize)]
struct Which {
    #[serde(rename = "provider")]
    processor: Option<String>,
    reference: Option<String>,
}

async fn orders(State(simulators): State<Arc<Simulators>>, Query(which): Query<Which>) -> Response {
    simulators.carry_out_late();
    match simulators.ledger.books(which.processor.as_deref(), which.reference.as_deref()) {
        Ok(orders) => Json(json!({"data": orders})).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Records a dispute's news in the processor's books, and tells the gateway of it.
async fn send_notice(State(simulators): State<Arc<Simulators>>, Json(dispute): Json<Dispute>) -> Response {
    match simulators.tell(&dispute).await {
        Ok(statuses) => Json(json!({"statuses": statuses})).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "provider")]
    processor: ProcessorKind,
    #[serde(flatten)]
    mistakes: Mistakes,
}

/// The settlement report of everything that a processor carried out.
async fn settlements(State(simulators): State<Arc<Simulators>>, Query(wanted): Query<Wanted>) -> Response {
    simulators.carry_out_late();
    match simulators.ledger.transactions(wanted.processor) {
        Ok(all) => report(wanted.processor, &all, &wanted.mistakes).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn add_fault(State(simulators): State<Arc<Simulators>>, Json(fault): Json<Fault>) -> Json<Value> {
    simulators.faults.add(fault);
    Json(simulators.faults.show())
}

async fn show_faults(State(simulators): State<Arc<Simulators>>) -> Json<Value> {
    Json(simulators.faults.show())
}

async fn clear_faults(State(simulators): State<Arc<Simulators>>) -> Json<Value> {
    simulators.faults.clear();
    Json(simulators.faults.show())
}

#[derive(Deserialize)]
struct Lag {
    ms: i64,
}

async fn set_lag(State(simulators): State<Arc<Simulators>>, Json(lag): Json<Lag>) -> Json<Value> {
    let ms = lag.ms.clamp(0, LAG_MS_MAX);
    simulators.lag_ms.store(ms, Ordering::Relaxed);
    Json(json!({"ms": ms}))
}

#[derive(Deserialize)]
struct Decision {
    #[serde(rename = "provider")]
    processor: ProcessorKind,
    /// The processor's id of the authorisation.
    #[serde(rename = "network_id")]
    processor_id: String,
    accept: bool,
}

async fn decide_review(
    State(simulators): State<Arc<Simulators>>,
    Json(decision): Json<Decision>,
) -> Response {
    let now = simulators.now();
    match simulators.ledger.review(decision.processor, &decision.processor_id, decision.accept, now) {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
