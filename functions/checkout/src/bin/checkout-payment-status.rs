//! `GET /api/v1/payments/{referenceId}/status`: tells where a payment stands.

use std::sync::Arc;

use tollgate_checkout::{Checkout, transactions};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsRead), payment_status)
}

async fn payment_status(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = transactions::id_in_path(&ctx)?;
    transactions::show(&ctx.call.retrieve_payment(id).await?)
}
