//! `GET /v1/transactions`: lists the payments of every front door, newest first.

use std::sync::Arc;

use serde_json::json;
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
    Ok(Reply::ok(json!({
        "data": payments::show_all(&ctx, &page.items).await?,
        "limit": limit,
        "offset": offset,
        "has_more": page.next.is_some(),
    })))
}
