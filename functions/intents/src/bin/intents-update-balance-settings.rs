//! `POST /v2/balance_settings`: sets when the balance is paid out by itself.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, balance_settings};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), update_balance_settings)
}

async fn update_balance_settings(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let change = balance_settings::read_update(body.fields())?;
    let done = ctx.call.update_balance_settings(&change, ctx.idempotency(body.value())?.as_ref()).await?;
    let answer = balance_settings::show(&ctx, &done.value).await?;
    Ok(Reply::ok(answer).replayed(done.replayed))
}
