//! `POST /v2/accounts/{account}/external_accounts`: creates a bank account for payouts.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, external_accounts, without_card_data};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), create_external_account)
}

async fn create_external_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    external_accounts::check_account(&ctx).await?;
    let body = ctx.form_or_json()?;
    let new = external_accounts::read_create(body.fields())?;
    let idempotency = ctx.idempotency(&without_card_data(body.value()))?;
    let made = ctx.call.create_bank_account(new, idempotency.as_ref()).await?;
    let answer = external_accounts::show(ctx.tenant().await?, &made.value);
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
