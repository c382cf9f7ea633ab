//! `GET /v2/customers/{id}`: reads a customer, or that it was deleted.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersRead), retrieve_customer)
}

async fn retrieve_customer(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&exchange)?;
    let mut query = exchange.nested_query()?;
    expansions::read(&mut query)?;
    query.finish()?;
    let customer = exchange.call.retrieve_customer_even_deleted(id).await?;
    Ok(Reply::ok(customers::show(exchange.tenant().await?, &customer)))
}
