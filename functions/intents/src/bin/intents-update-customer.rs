//! `POST /v2/customers/{id}`: changes a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), update_customer)
}

async fn update_customer(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&exchange)?;
    let body = exchange.form_or_json()?;
    let update = customers::read_update(body.fields())?;
    let idempotency = exchange.idempotency(body.value())?;
    let made = exchange.call.update_customer(id, &update, idempotency.as_ref()).await?;
    let answer = customers::show(exchange.tenant().await?, &made.value);
    Ok(Reply::ok(answer).replayed(made.replayed))
}
