//! `GET /v2/prices/{id}`: reads a price.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    prices,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_price)
}

async fn retrieve_price(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = prices::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let price = ctx.call.retrieve_price(id).await?;
    let (shown, expand) = prices::shown_by(&expand);
    let mut answer = prices::show(ctx.tenant().await?, &price, &shown);
    let expand = expansions::permitted(&ctx, &expand, Linked::PRICE).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
