//! `POST /v2/payment_methods/{id}`: changes billing details and metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_methods,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_payment_method)
}

async fn update_payment_method(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let update = payment_methods::read_update(body.fields())?;
    let expand = expansions::permitted(&exchange, &update.expand, Linked::METHOD).await?;
    let idempotency = exchange.idempotency(body.value())?;
    let (billing, metadata) = (update.billing.as_ref(), update.metadata.as_ref());
    let made = exchange.call.update_payment_method(id, billing, metadata, idempotency.as_ref()).await?;
    let mut answer = payment_methods::show(exchange.tenant().await?, &made.value);
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
