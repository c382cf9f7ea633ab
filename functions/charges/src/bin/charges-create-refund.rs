//! `POST /v1/refunds`: refunds a successful payment, wholly or in part, never more than is left of it.

use std::sync::Arc;

use tollgate_charges::{Charges, refunds};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), create_refund)
}

async fn create_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let new = refunds::read_create(Fields::of(&body))?;
    let made = exchange.call.create_refund(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(Reply::new(201, render::refund(&made.value)).replayed(made.replayed))
}
