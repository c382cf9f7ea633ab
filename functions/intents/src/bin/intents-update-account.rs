//! `POST /v2/accounts/{account}`: changes a connected account's metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, account_objects, accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), update_account)
}

async fn update_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = accounts::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let changes = accounts::read_update(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let done = ctx.call.update_connected_account(id, changes.as_ref(), idempotency.as_ref()).await?;
    let answer = account_objects::connected(ctx.tenant().await?, &done.value);
    Ok(Reply::ok(answer).replayed(done.replayed))
}
