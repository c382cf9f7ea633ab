//! `POST /v2/refunds`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), create_refund)
}

async fn create_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (new, expand) = refunds::read_create(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::REFUND).await?;
    let made = ctx.call.create_refund(new, ctx.idempotency(body.value())?.as_ref()).await?;
    let mut answer = refunds::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
