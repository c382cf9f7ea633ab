//! `DELETE /v2/api_keys/{id}`: revokes a key.

use std::sync::Arc;

use serde_json::json;
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysWrite), revoke_api_key)
}

async fn revoke_api_key(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = api_keys::id_in_path(&ctx)?;
    let at = ctx.call.revoke_api_key(id).await?;
    Ok(Reply::ok(json!({"id": id.to_prefixed("key_"), "object": "api_key", "revoked_at": at.s()})))
}
