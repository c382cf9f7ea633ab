//! `GET /v2/webhook_endpoints/{id}/deliveries`: lists an endpoint's deliveries with their attempts, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, lists, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), list_webhook_deliveries)
}

async fn list_webhook_deliveries(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&ctx)?;
    let mut query = lists::query(&ctx)?;
    let page_request = lists::page_request(&mut query, events::PREFIX)?;
    query.finish()?;
    let (deliveries, more) = ctx.call.list_deliveries(id, page_request).await?;
    Ok(Reply::ok(events::show_deliveries(&ctx.request.path, &deliveries, more)))
}
