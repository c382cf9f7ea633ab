//! `GET /v2/balance`: the merchant's money, pending and available, in each currency.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, balance, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_balance)
}

async fn retrieve_balance(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    expansions::read_query_alone(&ctx)?;
    let balances = ctx.call.balances().await?;
    Ok(Reply::ok(balance::show_balance(&balances, ctx.tenant().await?)))
}
