//! `DELETE /v2/customers/{id}`: erases a customer's personal data and payment methods.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), delete_customer)
}

async fn delete_customer(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&exchange)?;
    exchange.call.delete_customer(id).await?;
    Ok(Reply::ok(customers::show_deleted(id)))
}
