//! `GET /v2/balance_settings`: reads when the balance is paid out by itself.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, balance_settings, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), retrieve_balance_settings)
}

async fn retrieve_balance_settings(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let mut query = ctx.nested_query()?;
    expansions::read(&mut query)?;
    query.finish()?;
    let settings = ctx.call.balance_settings().await?;
    Ok(Reply::ok(balance_settings::show(&ctx, &settings).await?))
}
