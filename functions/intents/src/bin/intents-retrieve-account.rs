//! `GET /v2/account`: the merchant that calls; `GET /v2/accounts/{account}`: that one, or a connected account.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, account_objects, accounts, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), retrieve_account)
}

async fn retrieve_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let mut query = ctx.nested_query()?;
    expansions::read(&mut query)?;
    query.finish()?;
    let tenant = ctx.tenant().await?;
    let is_named = !ctx.request.path_parameter("account").is_empty();
    let id = if is_named { accounts::id_in_path(&ctx)? } else { tenant.merchant };
    Ok(Reply::ok(account_objects::named(&ctx, tenant, id).await?))
}
