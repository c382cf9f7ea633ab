//! `POST /v2/webhook_endpoints/{id}`: changes an endpoint, switches it off or on.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), update_webhook_endpoint)
}

async fn update_webhook_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&ctx)?;
    let current = ctx.call.retrieve_endpoint(id).await?;
    let body = ctx.form_or_json()?;
    let update = webhook_endpoints::read_update(body.fields(), &current)?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_endpoint(id, &update, idempotency.as_ref()).await?;
    let answer = webhook_endpoints::show(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
