//! `GET /v1/payments`: lists payments, newest first, by customer, status and time of creation.

use std::sync::Arc;

use tollgate_apis::charges as api;
use tollgate_charges::{Charges, lists, payments};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), list_payments)
}

async fn list_payments(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_payments(payments::read_list(ctx.query())?).await?;
    let tenant = ctx.tenant().await?;
    let gateway = ctx.call.gateway();
    let show = |payment: &_| api::payment(payment, gateway.challenge_url(tenant, payment).as_deref());
    Ok(Reply::ok(lists::page(page, api::PAYMENT_PREFIX, show)))
}
