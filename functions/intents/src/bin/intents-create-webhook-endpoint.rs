//! `POST /v2/webhook_endpoints`: registers an endpoint; its secret is shown this once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), create_endpoint)
}

async fn create_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let new = endpoints::read_create(body.fields())?;
    let made = ctx.call.create_endpoint(new, ctx.idempotency(body.value())?.as_ref()).await?;
    Ok(Reply::new(201, endpoints::show_created(ctx.tenant().await?, &made.value)).replayed(made.replayed))
}
