//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve::<Charges, _, _>(Route::needs(Permission::PaymentsRead), retrieve_payment).await
}

async fn retrieve_payment(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let payment = exchange
        .call
        .retrieve_payment(payments::id_in_path(&exchange)?)
        .await?;
    payments::show(&exchange, 200, &payment).await
}
