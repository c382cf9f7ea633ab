//! `POST /v2/webhook_endpoints/{id}/recover`: sends an endpoint everything that it did not get since a time.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, queue, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), recover_webhook_endpoint)
}

async fn recover_webhook_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (since, until) = events::read_recover(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.recover_endpoint(id, since, until, queue()?, idempotency.as_ref()).await?;
    Ok(Reply::ok(events::show_recovered(&made.value)).replayed(made.replayed))
}
