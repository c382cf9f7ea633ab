//! `GET /v2/transfers`: lists what other merchants paid out to this one, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, transfers,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_transfers)
}

async fn list_transfers(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = transfers::read_list(lists::query(&ctx)?)?;
    let expand = expansions::permitted(&ctx, &expand, Linked::TRANSFER.list()).await?;
    let page = ctx.call.list_transfers(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |transfer| transfers::show(tenant, transfer));
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
