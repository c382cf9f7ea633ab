//! `GET /v2/transfers/{id}`: reads a transfer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    transfers,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_transfer)
}

async fn retrieve_transfer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = transfers::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let transfer = ctx.call.retrieve_transfer(id).await?;
    let mut answer = transfers::show(ctx.tenant().await?, &transfer);
    let expand = expansions::permitted(&ctx, &expand, Linked::TRANSFER).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
