//! `GET /v2/events`: lists events, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, events, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), list_events)
}

async fn list_events(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let page = exchange.call.list_events(events::read_list(lists::query(&exchange)?)?).await?;
    let tenant = exchange.tenant().await?;
    let answer = lists::page(&exchange, &page, |event| events::show(&exchange, tenant, event));
    Ok(Reply::ok(answer))
}
