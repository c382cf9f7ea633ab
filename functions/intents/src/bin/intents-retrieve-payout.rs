//! `GET /v2/payouts/{id}`: reads a payout.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payouts,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_payout)
}

async fn retrieve_payout(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payouts::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let payout = ctx.call.retrieve_payout(id).await?;
    let mut answer = payouts::show(ctx.tenant().await?, &payout);
    let expand = expansions::permitted(&ctx, &expand, Linked::PAYOUT).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
