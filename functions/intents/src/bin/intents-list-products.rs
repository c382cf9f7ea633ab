//! `GET /v2/products`: lists products, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, products,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_products)
}

async fn list_products(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = products::read_list(lists::query(&ctx)?)?;
    let expand = expansions::permitted(&ctx, &expand, Linked::PRODUCT.list()).await?;
    let page = ctx.call.list_products(filter).await?;
    let tenant = ctx.tenant().await?;
    let mut answer = lists::page(&ctx, &page, |product| products::show(tenant, product));
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
