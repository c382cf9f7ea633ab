//! `DELETE /v2/accounts/{account}/external_accounts/{id}`: deletes a bank account and erases its number.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, external_accounts};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), delete_external_account)
}

async fn delete_external_account(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    external_accounts::check_account(&ctx).await?;
    let id = external_accounts::id_in_path(&ctx)?;
    ctx.call.delete_bank_account(id).await?;
    Ok(Reply::ok(external_accounts::show_deleted(id)))
}
