//! `POST /v2/prices/{id}`: changes what is said of a price.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    prices,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_price)
}

async fn update_price(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = prices::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let price = ctx.call.retrieve_price(id).await?;
    let (update, transfers, expand) = prices::read_update(body.fields(), &price)?;
    let idempotency = ctx.idempotency(body.value())?;
    let (shown, expand) = prices::shown_by(&expand);
    let expand = expansions::permitted(&ctx, &expand, Linked::PRICE).await?;
    let done = ctx.call.update_price(id, &update, transfers, idempotency.as_ref()).await?;
    let mut answer = prices::show(ctx.tenant().await?, &done.value, &shown);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(done.replayed))
}
