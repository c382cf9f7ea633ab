//! `GET /v1/transactions`: lists the payments of every front door, newest first.

use std::sync::Arc;

use serde_json::json;
use tollgate_direct::{Direct, payments, transactions};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsRead), list_transactions)
}

async fn list_transactions(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let filter = transactions::read_list(exchange.query())?;
    let (limit, offset) = (filter.window.limit, filter.window.offset);
    let page = exchange.call.list_payments(filter).await?;
    Ok(Reply::ok(json!({
        "data": payments::show_all(&exchange, &page.items).await?,
        "limit": limit,
        "offset": offset,
        "has_more": page.next.is_some(),
    })))
}
