//! `POST /v1/payments`: charges a payment method; a decline is a 402 that names the stored failed payment.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let new = payments::read_create(Fields::of(&body))?;
    let made = ctx.call.create_payment(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show_created(&ctx, &made.value).await?.replayed(made.replayed))
}
