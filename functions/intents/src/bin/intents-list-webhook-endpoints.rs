//! `GET /v2/webhook_endpoints`: lists endpoints, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, lists, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), list_endpoints)
}

async fn list_endpoints(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page_request = endpoints::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_endpoints(page_request).await?;
    let tenant = ctx.tenant().await?;
    let show = |endpoint: &_| endpoints::show(tenant, endpoint);
    Ok(Reply::ok(lists::page(&ctx, &page, show)))
}
