//! `POST /v1/payments/{id}/refund`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_direct::{Direct, payments, refunds};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsWrite), refund_payment)
}

async fn refund_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let payment = payments::id_in_path(&exchange)?;
    let body = exchange.json()?;
    let new = refunds::read_create(Fields::of(&body), payment)?;
    let made = exchange.call.create_refund(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(Reply::ok(refunds::show(&made.value)).replayed(made.replayed))
}
