//! `POST /v2/payouts/{id}`: changes a payout's metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payouts,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), update_payout)
}

async fn update_payout(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payouts::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (changes, expand) = payouts::read_update(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::PAYOUT).await?;
    let idempotency = ctx.idempotency(body.value())?;
    let made = ctx.call.update_payout(id, changes.as_ref(), idempotency.as_ref()).await?;
    let mut answer = payouts::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
