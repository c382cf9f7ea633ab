//! `POST /v2/webhook_endpoints/{id}/test`: sends an endpoint an event of a payment that was never made.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, queue, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), test_webhook_endpoint)
}

async fn test_webhook_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    body.fields().finish()?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.test_endpoint(id, queue()?, idempotency.as_ref()).await?;
    let answer = events::show(&ctx, ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
