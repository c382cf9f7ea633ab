//! `GET /v1/health`: tells a caller with a valid key that the API is up.

use std::sync::Arc;

use tollgate_charges::{Charges, health};
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::any_key(), check)
}

async fn check(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    exchange.call.admitted().await.map_err(tollgate_gateway::Error::from)?;
    Ok(Reply::ok(health()))
}
