//! `POST /v2/refunds/{id}/cancel`: calls a pending refund back.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), cancel_refund)
}

async fn cancel_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let expand = expansions::read_alone(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::REFUND).await?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.cancel_refund(id, idempotency.as_ref()).await?;
    let mut answer = refunds::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
