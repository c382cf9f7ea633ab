//! `POST /v1/payments`: charges a payment method; a decline is a 402 that names the stored failed payment.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let new = payments::read_create(Fields::of(&body))?;
    let made = exchange.call.create_payment(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show_created(&exchange, &made.value).await?.replayed(made.replayed))
}
