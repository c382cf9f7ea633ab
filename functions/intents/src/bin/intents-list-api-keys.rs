//! `GET /v2/api_keys`: lists the merchant's keys of this mode.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, api_keys};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve::<Intents, _, _>(Route::needs(Permission::KeysRead), list_api_keys).await
}

async fn list_api_keys(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    Ok(Reply::ok(api_keys::show_all(
        &exchange.call.list_api_keys().await?,
    )))
}
