//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_direct::{Direct, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&exchange)?;
    let payment = exchange.call.retrieve_payment(id).await?;
    Ok(Reply::ok(payments::show(&exchange, &payment).await?))
}
