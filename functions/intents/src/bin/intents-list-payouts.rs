//! `GET /v2/payouts`: lists payouts, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, payouts,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_payouts)
}

async fn list_payouts(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = payouts::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_payouts(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |payout| payouts::show(tenant, payout));
    let expand = expansions::permitted(&ctx, &expand, Linked::PAYOUT.list()).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
