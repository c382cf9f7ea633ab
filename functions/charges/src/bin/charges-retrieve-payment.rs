//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_charges::{Charges, payments};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let payment = ctx.call.retrieve_payment(payments::id_in_path(&ctx)?).await?;
    payments::show(&ctx, 200, &payment).await
}
