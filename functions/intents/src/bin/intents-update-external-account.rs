//! `POST /v2/accounts/{account}/external_accounts/{id}`: changes a bank account, or makes it the default of its currency.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, external_accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), update_external_account)
}

async fn update_external_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    external_accounts::check_account(&ctx).await?;
    let id = external_accounts::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let update = external_accounts::read_update(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_bank_account(id, &update, idempotency.as_ref()).await?;
    let answer = external_accounts::show(ctx.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
