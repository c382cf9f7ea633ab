//! `POST /v2/accounts/{account}/accept`: accepts that another merchant pays to this one.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, account_objects, accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), accept_account)
}

async fn accept_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let payer = accounts::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    accounts::read_accept(body.fields())?;
    let done = ctx.call.accept_connection(payer, ctx.idempotency(body.value())?.as_ref()).await?;
    let answer = account_objects::connected(ctx.tenant().await?, &done.value);
    Ok(Reply::ok(answer).replayed(done.replayed))
}
