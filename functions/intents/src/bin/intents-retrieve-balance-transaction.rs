//! `GET /v2/balance/history/{id}` and `GET /v2/balance_transactions/{id}`: reads a balance transaction.

use std::sync::Arc;

use tollgate_apis::intents::balance_transaction;
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, balance,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_balance_transaction)
}

async fn retrieve_balance_transaction(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = balance::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let mut answer = balance_transaction(&ctx.call.retrieve_balance_transaction(id).await?);
    let expand = expansions::permitted(&ctx, &expand, Linked::TRANSACTION).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
