//! `GET /v2/webhook_endpoints/:id`: reads an endpoint, without its secret.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, expansions, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), retrieve_endpoint)
}

async fn retrieve_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    expansions::read_query_alone(&ctx)?;
    let endpoint = ctx.call.retrieve_endpoint(endpoints::id_in_path(&ctx)?).await?;
    Ok(Reply::ok(endpoints::show(ctx.tenant().await?, &endpoint)))
}
