//! `POST /v2/payment_methods/{id}/detach`: detaches a payment method from its customer, for good.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, expansions, payment_methods};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), detach_payment_method)
}

async fn detach_payment_method(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    expansions::read_alone(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.detach_payment_method(id, idempotency.as_ref()).await?;
    let answer = payment_methods::show(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
