//! `GET /v2/api_keys`: lists the merchant's keys of this mode.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), list_api_keys)
}

async fn list_api_keys(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page_request = api_keys::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_api_keys(page_request).await?;
    Ok(Reply::ok(lists::page(&ctx, &page, api_keys::show)))
}
