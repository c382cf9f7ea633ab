//! `GET /v2/products/{id}`: reads a product.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    products,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_product)
}

async fn retrieve_product(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = products::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let product = ctx.call.retrieve_product(id).await?;
    let mut answer = products::show(ctx.tenant().await?, &product);
    let expand = expansions::permitted(&ctx, &expand, Linked::PRODUCT).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
