//! `DELETE /v2/webhook_endpoints/:id`: deletes an endpoint; nothing is delivered to it any more.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, webhook_endpoints as endpoints};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksWrite), delete_endpoint)
}

async fn delete_endpoint(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = endpoints::id_in_path(&ctx)?;
    ctx.call.delete_endpoint(id).await?;
    Ok(Reply::ok(endpoints::show_deleted(id)))
}
