//! `POST /v2/customers/{id}`: changes a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), update_customer)
}

async fn update_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let update = customers::read_update(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_customer(id, &update, idempotency.as_ref()).await?;
    let answer = customers::show(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
