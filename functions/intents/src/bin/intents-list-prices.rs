//! `GET /v2/prices`: lists prices, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, prices,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_prices)
}

async fn list_prices(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = prices::read_list(lists::query(&ctx)?)?;
    let (shown, expand) = prices::shown_by(&expand);
    let expand = expansions::permitted(&ctx, &expand, Linked::PRICE.list()).await?;
    let page = ctx.call.list_prices(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |price| prices::show(tenant, price, &shown));
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
