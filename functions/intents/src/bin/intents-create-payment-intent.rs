//! `POST /v2/payment_intents`: makes an intent, and charges it if it is to be confirmed at once.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents, without_card_data,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), create_payment_intent)
}

async fn create_payment_intent(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.form_or_json()?;
    let (new, expand) = payment_intents::read_create(&exchange, body.fields()).await?;
    let charged = new.confirm;
    let expand = expansions::permitted(&exchange, &expand, Linked::INTENT).await?;
    let idempotency = exchange.idempotency(&without_card_data(body.value()))?;
    let made = exchange.call.create_intent(new, idempotency.as_ref()).await?;
    let answer = payment_intents::answer(&exchange, 201, &made.value, charged, &expand).await?;
    Ok(answer.replayed(made.replayed))
}
