//! `POST /v2/payment_methods/{id}/attach`: attaches a payment method to a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, payment_methods};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), attach_payment_method)
}

async fn attach_payment_method(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let customer = payment_methods::read_attach(body.fields())?;
    let name = ctx.request.path_parameter("id");
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.attach_payment_method(name, customer, idempotency.as_ref()).await?;
    let answer = payment_methods::show(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
