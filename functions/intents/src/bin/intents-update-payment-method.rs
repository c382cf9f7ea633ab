//! `POST /v2/payment_methods/{id}`: changes billing details, a card's expiry and metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_methods,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_payment_method)
}

async fn update_payment_method(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (update, expand) = payment_methods::read_update(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::METHOD).await?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_payment_method(id, &update, idempotency.as_ref()).await?;
    let mut answer = payment_methods::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
