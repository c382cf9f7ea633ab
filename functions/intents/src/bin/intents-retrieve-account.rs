//! `GET /v2/account`: the merchant that calls.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), retrieve_account)
}

async fn retrieve_account(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let livemode = exchange.tenant().await?.mode.is_live();
    Ok(Reply::ok(api_keys::show_account(&exchange.call.account().await?, livemode)))
}
