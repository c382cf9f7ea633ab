//! `POST /v2/api_keys/{id}/roll`: makes a key in another's place, which is accepted a while longer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, api_keys};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::KeysWrite), roll_api_key)
}

async fn roll_api_key(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = api_keys::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let overlap = api_keys::read_roll(body.fields())?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.roll_api_key(id, overlap, idempotency.as_ref()).await?;
    Ok(Reply::ok(api_keys::show_created(&made.value)).replayed(made.replayed))
}
