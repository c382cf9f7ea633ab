//! `GET /v2/refunds/{id}`: reads a refund.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_refund)
}

async fn retrieve_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let refund = ctx.call.retrieve_refund(id).await?;
    let mut answer = refunds::show(ctx.tenant().await?, &refund);
    let expand = expansions::permitted(&ctx, &expand, Linked::REFUND).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
