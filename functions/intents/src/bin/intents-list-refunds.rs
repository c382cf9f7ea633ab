//! `GET /v2/refunds`: lists refunds, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_refunds)
}

async fn list_refunds(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = refunds::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_refunds(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |refund| refunds::show(tenant, refund));
    let expand = expansions::permitted(&ctx, &expand, Linked::REFUND.list()).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
