//! `POST /v2/payment_intents/{id}`: changes an intent that was not charged.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents, without_card_data,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_payment_intent)
}

async fn update_payment_intent(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_intents::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let (action, expand) = payment_intents::read_update(&ctx, body.fields()).await?;
    let expand = expansions::permitted(&ctx, &expand, Linked::INTENT).await?;
    let idempotency = ctx.idempotency(&without_card_data(body.value()))?;
    let made = ctx.call.change_intent(id, &action, idempotency.as_ref()).await?;
    let answer = payment_intents::answer(&ctx, 200, &made.value, false, &expand).await?;
    Ok(answer.replayed(made.replayed))
}
