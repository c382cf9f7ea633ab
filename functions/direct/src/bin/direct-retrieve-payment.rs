//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_direct::{Direct, payments};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&ctx)?;
    let payment = ctx.call.retrieve_payment(id).await?;
    Ok(Reply::ok(payments::show(&ctx, &payment).await?))
}
