//! `POST /api/v1/payments/{referenceId}/refund`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_checkout::{Checkout, transactions};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsWrite), refund_payment)
}

async fn refund_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let payment = transactions::id_in_path(&exchange)?;
    let body = exchange.json()?;
    let new = transactions::read_refund(payment, exchange.raw("amount"));
    let made = exchange.call.create_refund(new, exchange.idempotency(&body)?.as_ref()).await?;
    Ok(transactions::show_refund(&made.value).replayed(made.replayed))
}
