//! `POST /v2/events/{id}/retry`: sends an event again.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, events, queue};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), retry_event)
}

async fn retry_event(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = events::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let only = events::read_retry(body.fields())?;
    let idempotency = exchange.idempotency(body.value())?;
    let (event, sent) = exchange.call.retry_event(id, only, queue()?, idempotency.as_ref()).await?;
    let mut answer = events::show(&exchange, exchange.tenant().await?, &event);
    answer["pending_webhooks"] = sent.value.into();
    Ok(Reply::ok(answer).replayed(sent.replayed))
}
