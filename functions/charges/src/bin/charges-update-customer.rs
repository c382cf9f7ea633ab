//! `PATCH /v1/customers/{id}`: changes the fields that are sent; `null` unsets one.

use std::sync::Arc;

use tollgate_charges::{Charges, customers};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::CustomersWrite), update_customer)
}

async fn update_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&ctx)?;
    let body = ctx.json()?;
    let update = customers::read_update(Fields::of(&body))?;
    let idempotency = ctx.idempotency(&body)?;
    let made = ctx.call.update_customer(id, &update, idempotency.as_ref()).await?;
    Ok(Reply::ok(render::customer(&made.value)).replayed(made.replayed))
}
