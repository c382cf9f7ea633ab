//! `POST /v1/payments/{id}/confirm`: says where the payer goes after the challenge of a payment that requires one.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsWrite), confirm_payment)
}

async fn confirm_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&ctx)?;
    let body = ctx.json()?;
    let return_url = payments::read_confirm(Fields::of(&body))?;
    let made = ctx.call.confirm_payment(id, return_url, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(payments::show(&ctx, 200, &made.value).await?.replayed(made.replayed))
}
