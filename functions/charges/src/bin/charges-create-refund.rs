//! `POST /v1/refunds`: refunds a successful payment, wholly or in part, never more than is left of it.

use std::sync::Arc;

use tollgate_charges::{Charges, refunds};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), create_refund)
}

async fn create_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let new = refunds::read_create(Fields::of(&body))?;
    let made = ctx.call.create_refund(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(Reply::new(201, render::refund(&made.value)).replayed(made.replayed))
}
