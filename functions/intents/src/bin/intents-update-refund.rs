//! `POST /v2/refunds/{id}`: changes a refund's metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_refund)
}

async fn update_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (changes, expand) = refunds::read_update(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::REFUND).await?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_refund(id, changes.as_ref(), idempotency.as_ref()).await?;
    let mut answer = refunds::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
