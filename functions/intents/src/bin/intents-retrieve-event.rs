//! `GET /v2/events/{id}`: reads an event.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, events, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::WebhooksRead), retrieve_event)
}

async fn retrieve_event(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = events::id_in_path(&ctx)?;
    expansions::read_query_alone(&ctx)?;
    let event = ctx.call.retrieve_event(id).await?;
    Ok(Reply::ok(events::show(&ctx, ctx.tenant().await?, &event)))
}
