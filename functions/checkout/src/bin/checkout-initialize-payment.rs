//! `POST /api/v1/payments/initialize`: begins a payment that its payer confirms on hosted pages.

use std::sync::Arc;

use tollgate_checkout::{Checkout, initialize};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsWrite), initialize_payment)
}

async fn initialize_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let mode = ctx.tenant().await?.mode;
    let (amount, metadata) = (ctx.raw("amount"), ctx.raw("metadata"));
    let new =
        initialize::read(Fields::of(&body), amount.as_deref(), metadata.as_deref(), mode, ctx.call.now())?;
    Box::pin(initialize::initialize(&ctx, &body, new)).await
}
