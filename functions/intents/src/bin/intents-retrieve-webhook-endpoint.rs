//! `GET /v2/webhook_endpoints/:id`: reads an endpoint, without its secret.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), retrieve_endpoint)
}

async fn retrieve_endpoint(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let endpoint = exchange.call.retrieve_endpoint(endpoints::id_in_path(&exchange)?).await?;
    Ok(Reply::ok(endpoints::show(exchange.tenant().await?, &endpoint)))
}
