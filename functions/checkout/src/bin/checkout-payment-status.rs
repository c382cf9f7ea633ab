//! `GET /api/v1/payments/{referenceId}/status`: tells where a payment stands.

use std::sync::Arc;

use tollgate_checkout::{Checkout, transactions};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsRead), payment_status)
}

async fn payment_status(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = transactions::id_in_path(&exchange)?;
    transactions::show(&exchange.call.retrieve_payment(id).await?)
}
