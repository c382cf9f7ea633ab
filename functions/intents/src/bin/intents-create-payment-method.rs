//! `POST /v2/payment_methods`: makes a payment method; a payer's page may.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, expansions, payment_methods, without_card_data};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite).for_pages_too(), create_payment_method)
}

async fn create_payment_method(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let tenant = ctx.tenant().await?;
    let mut fields = body.fields();
    expansions::read(&mut fields)?;
    let new = payment_methods::read_new(fields, tenant, ctx.call.now())?;
    let idempotency = ctx.idempotency(&without_card_data(body.value()))?;
    let made = ctx.call.create_payment_method(new, idempotency.as_ref()).await?;
    Ok(Reply::new(201, payment_methods::show(tenant, &made.value)).replayed(made.replayed))
}
