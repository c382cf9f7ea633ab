//! `POST /v2/customers/{id}`: changes a customer.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve::<Intents, _, _>(Route::needs(Permission::CustomersWrite), update_customer).await
}

async fn update_customer(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&exchange)?;
    let update = customers::read_update(exchange.form_or_json()?.fields())?;
    let customer = exchange
        .call
        .update_customer(id, |profile| update.apply(profile))
        .await?;
    Ok(Reply::ok(customers::show(exchange.tenant().await?, &customer)))
}
