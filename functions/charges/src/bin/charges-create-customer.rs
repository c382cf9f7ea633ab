//! `POST /v1/customers`: makes a customer; every field is optional.

use std::sync::Arc;

use tollgate_charges::{Charges, customers};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::CustomersWrite), create_customer)
}

async fn create_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let profile = customers::read_create(Fields::of(&body))?;
    let made = ctx.call.create_customer(profile, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(Reply::new(201, render::customer(&made.value)).replayed(made.replayed))
}
