//! `POST /v2/charges/{id}`: changes what is said of a charge, and so of its payment.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, charges,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_charge)
}

async fn update_charge(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = charges::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (update, expand) = charges::read_update(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::CHARGE).await?;
    let made = ctx.call.update_charge(id, &update, ctx.idempotency(body.value())?.as_ref()).await?;
    let mut answer = charges::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
