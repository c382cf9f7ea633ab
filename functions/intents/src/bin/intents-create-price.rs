//! `POST /v2/prices`: makes a price of a product.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    prices,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), create_price)
}

async fn create_price(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (new, expand) = prices::read_create(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let (shown, expand) = prices::shown_by(&expand);
    let expand = expansions::permitted(&ctx, &expand, Linked::PRICE).await?;
    let done = ctx.call.create_price(new, idempotency.as_ref()).await?;
    let mut answer = prices::show(ctx.tenant().await?, &done.value, &shown);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::new(201, answer).replayed(done.replayed))
}
