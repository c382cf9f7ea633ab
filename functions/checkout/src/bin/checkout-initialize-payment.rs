//! `POST /api/v1/payments/initialize`: begins a payment that its payer confirms on hosted pages.

use std::sync::Arc;

use tollgate_checkout::{Checkout, initialize};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, Fields, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsWrite), initialize_payment)
}

async fn initialize_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.json()?;
    let mode = exchange.tenant().await?.mode;
    let (amount, metadata) = (exchange.raw("amount"), exchange.raw("metadata"));
    let new = initialize::read(
        Fields::of(&body),
        amount.as_deref(),
        metadata.as_deref(),
        mode,
        exchange.call.now(),
    )?;
    initialize::initialize(&exchange, &body, new).await
}
