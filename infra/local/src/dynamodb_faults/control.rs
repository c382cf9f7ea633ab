//! Routes for tests: what has failed so far, and what is to fail from now on.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde_json::Value;

use super::{faults::Faults, settings::FaultSettings};

/// The routes, for the front's port.
pub(crate) fn routes(faults: Arc<Faults>) -> Router {
    Router::new().route("/_dynamodb/faults", get(show).put(set)).with_state(faults)
}

async fn show(State(faults): State<Arc<Faults>>) -> Json<Value> {
    Json(faults.show())
}

async fn set(State(faults): State<Arc<Faults>>, Json(settings): Json<FaultSettings>) -> Json<Value> {
    faults.set(settings);
    Json(faults.show())
}
