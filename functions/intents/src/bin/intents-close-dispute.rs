//! `POST /v2/disputes/{id}/close`: accepts a dispute, which is lost then.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents, disputes,
    expansions::{self, Linked},
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), close_dispute)
}

async fn close_dispute(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = disputes::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let expand = expansions::read_alone(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::DISPUTE).await?;
    let made = ctx.call.accept_dispute(id, ctx.idempotency(body.value())?.as_ref()).await?;
    let mut answer = disputes::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
