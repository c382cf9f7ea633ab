//! `POST /v2/payment_methods/{id}/detach`: detaches a payment method from its customer, for good.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, expansions, payment_methods};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), detach_payment_method)
}

async fn detach_payment_method(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    expansions::read_alone(body.fields())?;
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.detach_payment_method(id, idempotency.as_ref()).await?;
    let answer = payment_methods::show(exchange.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
