//! `POST /v2/refunds/{id}`: changes a refund's metadata.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), update_refund)
}

async fn update_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let (changes, expand) = refunds::read_update(body.fields())?;
    let expand = expansions::permitted(&exchange, &expand, Linked::REFUND).await?;
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.update_refund(id, changes.as_ref(), idempotency.as_ref()).await?;
    let mut answer = refunds::show(&made.value);
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer).replayed(made.replayed))
}
