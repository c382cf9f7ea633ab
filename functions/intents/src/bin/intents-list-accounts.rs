//! `GET /v2/accounts`: lists connected accounts, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, account_objects, accounts, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), list_accounts)
}

async fn list_accounts(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let filter = accounts::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_connected_accounts(filter).await?;
    let tenant = ctx.tenant().await?;
    Ok(Reply::ok(lists::page(&ctx, &page, |account| account_objects::connected(tenant, account))))
}
