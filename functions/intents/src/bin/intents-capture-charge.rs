//! `POST /v2/charges/{id}/capture`: takes what an intent reserved, wholly or in part, by its charge.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, charges,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), capture_charge)
}

async fn capture_charge(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = charges::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (capture, expand) = charges::read_capture(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::CHARGE).await?;
    let made = ctx.call.capture_charge(id, capture, ctx.idempotency(body.value())?.as_ref()).await?;
    let mut answer = charges::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
