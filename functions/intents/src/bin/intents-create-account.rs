//! `POST /v2/accounts`: asks another merchant to accept payouts.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, account_objects, accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), create_account)
}

async fn create_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (other, metadata) = accounts::read_create(body.fields())?;
    let made = ctx.call.connect_account(other, &metadata, ctx.idempotency(body.value())?.as_ref()).await?;
    let answer = account_objects::connected(ctx.tenant().await?, &made.value);
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
