//! `GET /v2/charges`: lists charges, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, charges,
    expansions::{self, Linked},
    lists,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_charges)
}

async fn list_charges(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let listed = charges::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_charges(listed.filter, listed.payment).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |payment| charges::show(tenant, payment));
    let expand = expansions::permitted(&ctx, &listed.expand, Linked::CHARGE.list()).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
