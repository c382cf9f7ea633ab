//! `POST /v1/payments/{id}/refund`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_direct::{Direct, payments, refunds};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsWrite), refund_payment)
}

async fn refund_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let payment = payments::id_in_path(&ctx)?;
    let body = ctx.json()?;
    let new = refunds::read_create(Fields::of(&body), payment)?;
    let made = ctx.call.create_refund(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(Reply::ok(refunds::show(&made.value)).replayed(made.replayed))
}
