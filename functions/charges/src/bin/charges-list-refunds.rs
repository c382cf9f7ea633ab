//! `GET /v1/refunds`: lists refunds, newest first, by payment and status.

use std::sync::Arc;

use tollgate_charges::{Charges, lists, refunds};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), list_refunds)
}

async fn list_refunds(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_refunds(refunds::read_list(ctx.query())?).await?;
    Ok(Reply::ok(lists::page(page, render::REFUND_PREFIX, render::refund)))
}
