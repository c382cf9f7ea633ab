//! `POST /v1/payments`: charges a card or a wallet; a declined card is a payment that failed.

use std::sync::Arc;

use tollgate_direct::{Direct, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let mode = exchange.tenant().await?.mode;
    let new = payments::read_create(Fields::of(&body), mode, exchange.call.now())?;
    let payer = new.payer.clone();
    let idempotency = exchange.idempotency(&payments::without_card_data(&body))?;
    let made = exchange.call.create_payment(new, idempotency.as_ref()).await;
    let made = made.map_err(|error| payments::refused(error, &body))?;
    let shown = payments::show_created(&exchange, &made.value, &payer).await?;
    Ok(Reply::ok(shown).replayed(made.replayed))
}
