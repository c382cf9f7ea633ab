//! `GET /v2/accounts/{account}/external_accounts`: lists bank accounts, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, external_accounts, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), list_external_accounts)
}

async fn list_external_accounts(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    external_accounts::check_account(&ctx).await?;
    let page_request = external_accounts::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_bank_accounts(page_request).await?;
    let tenant = ctx.tenant().await?;
    Ok(Reply::ok(lists::page(&ctx, &page, |account| external_accounts::show(tenant, account))))
}
