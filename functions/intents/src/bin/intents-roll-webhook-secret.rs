//! `POST /v2/webhook_endpoints/{id}/roll_secret`: gives an endpoint another secret, shown this once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), roll_webhook_secret)
}

async fn roll_webhook_secret(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let overlap = api_keys::read_roll(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.roll_endpoint_secret(id, overlap, idempotency.as_ref()).await?;
    let answer = webhook_endpoints::show_created(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
