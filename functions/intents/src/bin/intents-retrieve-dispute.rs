//! `GET /v2/disputes/{id}`: reads a dispute.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, disputes,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_dispute)
}

async fn retrieve_dispute(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = disputes::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let dispute = ctx.call.retrieve_dispute(id).await?;
    let mut answer = disputes::show(ctx.tenant().await?, &dispute);
    let expand = expansions::permitted(&ctx, &expand, Linked::DISPUTE).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
