//! `GET /v2/balance/history/{id}` and `GET /v2/balance_transactions/{id}`: reads a balance transaction.

use std::sync::Arc;

use tollgate_apis::intents::balance_transaction;
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, balance};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_balance_transaction)
}

async fn retrieve_balance_transaction(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = balance::id_in_path(&ctx)?;
    ctx.nested_query()?.finish()?;
    let transaction = ctx.call.retrieve_balance_transaction(id).await?;
    Ok(Reply::ok(balance_transaction(&transaction)))
}
