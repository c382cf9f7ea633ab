//! `POST /v1/payments/{id}/confirm`: says where the payer goes after the challenge of a payment that requires one.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), confirm_payment)
}

async fn confirm_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&exchange)?;
    let body = exchange.json()?;
    let return_url = payments::read_confirm(Fields::of(&body))?;
    let made = exchange.call.confirm_payment(id, return_url, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show(&exchange, 200, &made.value).await?.replayed(made.replayed))
}
