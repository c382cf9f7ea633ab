//! `POST /v2/payouts`: pays out available money to a bank account.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payouts,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PayoutsWrite), create_payout)
}

async fn create_payout(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (new, expand) = payouts::read_create(body.fields())?;
    let expand = expansions::permitted(&ctx, &expand, Linked::PAYOUT).await?;
    let made = ctx.call.create_payout(new, ctx.idempotency(body.value())?.as_ref()).await?;
    let mut answer = payouts::show(ctx.tenant().await?, &made.value);
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
