//! `GET /v2/account`: the merchant that calls.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), retrieve_account)
}

async fn retrieve_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let livemode = ctx.tenant().await?.mode.is_live();
    Ok(Reply::ok(api_keys::show_account(&ctx.call.account().await?, livemode)))
}
