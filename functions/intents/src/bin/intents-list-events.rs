//! `GET /v2/events`: lists events, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), list_events)
}

async fn list_events(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_events(events::read_list(lists::query(&ctx)?)?).await?;
    let tenant = ctx.tenant().await?;
    let answer = lists::page(&ctx, &page, |event| events::show(&ctx, tenant, event));
    Ok(Reply::ok(answer))
}
