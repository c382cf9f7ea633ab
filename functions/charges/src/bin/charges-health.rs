//! `GET /v1/health`: tells a caller with a valid key that the API is up.

use std::sync::Arc;

use tollgate_charges::{Charges, health};
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::any_key(), check)
}

async fn check(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    ctx.call.admitted().await.map_err(tollgate_gateway::Error::from)?;
    Ok(Reply::ok(health()))
}
