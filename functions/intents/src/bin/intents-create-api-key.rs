//! `POST /v2/api_keys`: makes a key, shown this once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysWrite), create_api_key)
}

async fn create_api_key(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.form_or_json()?;
    let (kind, scopes) = api_keys::read_create(body.fields())?;
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.create_api_key(kind, scopes, idempotency.as_ref()).await?;
    Ok(Reply::new(201, api_keys::show_created(&made.value)).replayed(made.replayed))
}
