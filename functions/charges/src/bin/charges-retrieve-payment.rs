//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let payment = exchange.call.retrieve_payment(payments::id_in_path(&exchange)?).await?;
    payments::show(&exchange, 200, &payment).await
}
