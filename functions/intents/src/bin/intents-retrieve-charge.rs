//! `GET /v2/charges/{id}`: reads a charge.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, charges,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_charge)
}

async fn retrieve_charge(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = charges::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    // Reads while the caller is authenticated.
    let payment = ctx.call.retrieve_charge(id).await?;
    let expand = expansions::permitted(&ctx, &expand, Linked::CHARGE).await?;
    let mut answer = charges::show(ctx.tenant().await?, &payment);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
