//! `POST /v1/auth/token`: gives an access token for a client id and a client secret.

use std::sync::Arc;

use tollgate_direct::{TokenEndpoint, access_token};
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&TokenEndpoint, Route::any_key(), issue_token)
}

async fn issue_token(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let token = exchange.call.issue_access_token().await?;
    Ok(Reply::ok(access_token(&token)))
}
