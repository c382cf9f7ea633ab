//! `GET /v1/transactions`: lists the payments of every front door, newest first.

use std::sync::Arc;

use tollgate_apis::direct::list;
use tollgate_direct::{Direct, payments, transactions};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsRead), list_transactions)
}

async fn list_transactions(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let filter = transactions::read_list(ctx.query())?;
    let (limit, offset) = (filter.page_request.limit, filter.page_request.offset);
    let page = ctx.call.list_payments(filter).await?;
    let data = payments::show_all(&ctx, &page.items).await?;
    Ok(Reply::ok(list(data, limit, offset, page.next.is_some())))
}
