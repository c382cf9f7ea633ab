//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_simple::{Simple, payments};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&exchange)?;
    payments::show(200, &exchange.call.retrieve_payment(id).await?)
}
