//! `POST /v2/customers`: makes a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), create_customer)
}

async fn create_customer(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let body = exchange.form_or_json()?;
    let profile = customers::read_create(body.fields())?;
    let made = exchange.call.create_customer(profile, exchange.idempotency(body.value())?.as_ref()).await?;
    let answer = customers::show(exchange.tenant().await?, &made.value);
    Ok(Reply::new(201, answer).replayed(made.replayed))
}
