//! `POST /v2/webhook_endpoints`: registers an endpoint; its secret is shown this once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), create_endpoint)
}

async fn create_endpoint(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.form_or_json()?;
    let new = endpoints::read_create(body.fields())?;
    let made = exchange.call.create_endpoint(new, exchange.idempotency(body.value())?.as_ref()).await?;
    Ok(Reply::new(201, endpoints::show_created(exchange.tenant().await?, &made.value))
        .replayed(made.replayed))
}
