//! `POST /v2/api_keys`: makes a key, shown this once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysWrite), create_api_key)
}

async fn create_api_key(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (kind, scopes) = api_keys::read_create(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.create_api_key(kind, scopes, idempotency.as_ref()).await?;
    Ok(Reply::new(201, api_keys::show_created(&made.value)).replayed(made.replayed))
}
