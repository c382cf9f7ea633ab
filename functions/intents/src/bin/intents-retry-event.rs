//! `POST /v2/events/{id}/retry`: sends an event again.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, queue};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), retry_event)
}

async fn retry_event(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = events::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let only = events::read_retry(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let (event, sent) = ctx.call.retry_event(id, only, queue()?, idempotency.as_ref()).await?;
    let mut answer = events::show(&ctx, ctx.tenant().await?, &event);
    answer["pending_webhooks"] = sent.value.into();
    Ok(Reply::ok(answer).replayed(sent.replayed))
}
