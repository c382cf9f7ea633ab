//! `POST /v2/payment_intents/{id}/cancel`: cancels an intent.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents, without_card_data,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), cancel_payment_intent)
}

async fn cancel_payment_intent(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payment_intents::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let (wish, expand) = payment_intents::read_cancel(body.fields())?;
    let expand = expansions::permitted(&exchange, &expand, Linked::INTENT).await?;
    let idempotency = exchange.idempotency(&without_card_data(body.value()))?;
    let made = exchange.call.change_intent(id, &wish, idempotency.as_ref()).await?;
    let answer = payment_intents::answer(&exchange, 200, &made.value, false, &expand).await?;
    Ok(answer.replayed(made.replayed))
}
