//! `GET /v1/refunds/{id}`: reads a refund.

use std::sync::Arc;

use tollgate_charges::{Charges, refunds};
use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), retrieve_refund)
}

async fn retrieve_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let refund = exchange.call.retrieve_refund(refunds::id_in_path(&exchange)?).await?;
    Ok(Reply::ok(render::refund(&refund)))
}
