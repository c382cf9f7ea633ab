//! `GET /v2/accounts/{account}/external_accounts/{id}`: reads a bank account.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, expansions, external_accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysRead), retrieve_external_account)
}

async fn retrieve_external_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    external_accounts::check_account(&ctx).await?;
    let id = external_accounts::id_in_path(&ctx)?;
    expansions::read_query_alone(&ctx)?;
    let account = ctx.call.retrieve_bank_account(id).await?;
    Ok(Reply::ok(external_accounts::show(ctx.tenant().await?, &account)))
}
