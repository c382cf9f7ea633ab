//! `GET /v2/webhook_endpoints`: lists endpoints, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, lists, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), list_endpoints)
}

async fn list_endpoints(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let window = endpoints::read_list(lists::query(&exchange)?)?;
    let page = exchange.call.list_endpoints(window).await?;
    let tenant = exchange.tenant().await?;
    let show = |endpoint: &_| endpoints::show(tenant, endpoint);
    Ok(Reply::ok(lists::page(&exchange, &page, show)))
}
