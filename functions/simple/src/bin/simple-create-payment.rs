//! `POST /v1/payments`: charges a source.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};
use tollgate_simple::{Simple, payments};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let new = payments::read_create(Fields::of(&body), exchange.raw("amount").as_deref())?;
    let made = exchange.call.create_payment(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show_created(&exchange, &made.value)?.replayed(made.replayed))
}
