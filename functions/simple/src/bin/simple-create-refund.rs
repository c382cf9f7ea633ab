//! `POST /v1/refunds`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_simple::{Simple, refunds};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsWrite), create_refund)
}

async fn create_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let new = refunds::read_create(Fields::of(&body), ctx.raw("amount"))?;
    let made = ctx.call.create_refund(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(refunds::show(&made.value)?.replayed(made.replayed))
}
