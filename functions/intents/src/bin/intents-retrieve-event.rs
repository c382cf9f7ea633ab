//! `GET /v2/events/{id}`: reads an event.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, events};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), retrieve_event)
}

async fn retrieve_event(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = events::id_in_path(&exchange)?;
    let event = exchange.call.retrieve_event(id).await?;
    Ok(Reply::ok(events::show(&exchange, exchange.tenant().await?, &event)))
}
