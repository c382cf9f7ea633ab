//! `POST /v2/products/{id}`: changes a product.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    products,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_product)
}

async fn update_product(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = products::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (update, expand) = products::read_update(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::PRODUCT).await?;
    let done = ctx.call.update_product(id, &update, idempotency.as_ref()).await?;
    let mut answer = products::show(ctx.tenant().await?, &done.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(done.replayed))
}
