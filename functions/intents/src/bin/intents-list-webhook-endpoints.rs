//! `GET /v2/webhook_endpoints`: lists endpoints, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints as endpoints};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve::<Intents, _, _>(Route::needs(Permission::WebhooksRead), list_endpoints).await
}

async fn list_endpoints(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let (limit, starting_after) = endpoints::read_list(exchange.query())?;
    let page = exchange.call.list_endpoints(limit, starting_after).await?;
    Ok(Reply::ok(endpoints::show_page(&page)))
}
