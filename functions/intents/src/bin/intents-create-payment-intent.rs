//! `POST /v2/payment_intents`: makes an intent, and charges it if it is to be confirmed at once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents, without_card_data,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), create_payment_intent)
}

async fn create_payment_intent(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.form_or_json()?;
    let (new, expand) = payment_intents::read_create(&ctx, body.fields()).await?;
    let charged = new.confirm;
    let expand = expansions::permitted(&ctx, &expand, Linked::INTENT).await?;
    let idempotency = ctx.idempotency(&without_card_data(body.value()))?;
    let made = ctx.call.create_intent(new, idempotency.as_ref()).await?;
    let answer = payment_intents::answer(&ctx, 201, &made.value, charged, &expand).await?;
    Ok(answer.replayed(made.replayed))
}
