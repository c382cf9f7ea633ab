//! `POST /v2/payment_methods/{id}/attach`: attaches a payment method to a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, payment_methods};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), attach_payment_method)
}

async fn attach_payment_method(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.form_or_json()?;
    let customer = payment_methods::read_attach(body.fields())?;
    let name = exchange.request.path_parameter("id");
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.attach_payment_method(name, customer, idempotency.as_ref()).await?;
    let answer = payment_methods::show(exchange.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
