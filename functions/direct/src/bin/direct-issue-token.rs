//! `POST /v1/auth/token`: gives an access token for a client id and a client secret.

use std::sync::Arc;

use tollgate_direct::{TokenEndpoint, access_token};
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&TokenEndpoint, Route::any_key(), issue_token)
}

async fn issue_token(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let token = ctx.call.issue_access_token().await?;
    Ok(Reply::ok(access_token(&token)))
}
