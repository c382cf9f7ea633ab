//! `POST /v2/webhook_endpoints/{id}/recover`: sends an endpoint everything that it did not get since a time.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, events, queue, webhook_endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), recover_webhook_endpoint)
}

async fn recover_webhook_endpoint(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = webhook_endpoints::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let (since, until) = events::read_recover(body.fields())?;
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.recover_endpoint(id, since, until, queue()?, idempotency.as_ref()).await?;
    Ok(Reply::ok(events::show_recovered(&made.value)).replayed(made.replayed))
}
