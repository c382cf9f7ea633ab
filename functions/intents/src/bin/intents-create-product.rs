//! `POST /v2/products`: makes a product.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    products,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), create_product)
}

async fn create_product(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (details, expand) = products::read_create(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::PRODUCT).await?;
    let done = ctx.call.create_product(details, idempotency.as_ref()).await?;
    let mut answer = products::show(ctx.tenant().await?, &done.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::new(201, answer).replayed(done.replayed))
}
