//! `POST /v2/customers`: makes a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), create_customer)
}

async fn create_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let profile = customers::read_create(body.fields())?;
    let made = ctx.call.create_customer(profile, ctx.idempotency(body.value())?.as_ref()).await?;
    let answer = customers::show(ctx.tenant().await?, &made.value);
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
