//! `GET /v2/disputes`: lists disputes, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, disputes,
    expansions::{self, Linked},
    lists,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_disputes)
}

async fn list_disputes(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = disputes::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_disputes(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |dispute| disputes::show(tenant, dispute));
    let expand = expansions::permitted(&ctx, &expand, Linked::DISPUTE.list()).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
