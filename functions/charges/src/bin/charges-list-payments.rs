//! `GET /v1/payments`: lists payments, newest first, by customer, status and time of creation.

use std::sync::Arc;

use tollgate_charges::{Charges, lists, payments};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), list_payments)
}

async fn list_payments(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_payments(payments::read_list(ctx.query())?).await?;
    let tenant = ctx.tenant().await?;
    let gateway = ctx.call.gateway();
    let show = |payment: &_| render::payment(payment, gateway.challenge_url(tenant, payment).as_deref());
    Ok(Reply::ok(lists::page(page, render::PAYMENT_PREFIX, show)))
}
