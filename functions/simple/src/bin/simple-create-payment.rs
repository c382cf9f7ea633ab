//! `POST /v1/payments`: charges a source.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_simple::{Simple, payments};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let new = payments::read_create(Fields::of(&body), ctx.raw("amount").as_deref())?;
    let made = ctx.call.create_payment(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show_created(&ctx, &made.value)?.replayed(made.replayed))
}
