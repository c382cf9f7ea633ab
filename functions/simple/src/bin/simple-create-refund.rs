//! `POST /v1/refunds`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};
use tollgate_simple::{Simple, refunds};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsWrite), create_refund)
}

async fn create_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let new = refunds::read_create(Fields::of(&body), exchange.raw("amount"))?;
    let made = exchange.call.create_refund(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(refunds::show(&made.value)?.replayed(made.replayed))
}
