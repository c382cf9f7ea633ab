//! `POST /v2/payment_intents/{id}/confirm`: charges an intent; a payer's page may, with its client secret.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents, without_card_data,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite).for_pages_too(), confirm_payment_intent)
}

async fn confirm_payment_intent(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_intents::id_in_path(&ctx)?;
    let body = ctx.form_or_json()?;
    let confirmation = payment_intents::read_confirm(&ctx, body.fields()).await?;
    ctx.call.check_client(id, confirmation.client_secret.as_deref()).await?;
    let expand = expansions::permitted(&ctx, &confirmation.expand, Linked::INTENT).await?;
    let idempotency = ctx.idempotency(&without_card_data(body.value()))?;
    let made = ctx.call.change_intent(id, &confirmation.action, idempotency.as_ref()).await?;
    let answer = payment_intents::answer(&ctx, 200, &made.value, true, &expand).await?;
    Ok(answer.replayed(made.replayed))
}
