//! `GET /v1/payments/{id}`: reads a payment.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_simple::{Simple, payments};

fn main() -> Result<(), LambdaError> {
    serve(&Simple, Route::needs(Permission::PaymentsRead), retrieve_payment)
}

async fn retrieve_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payments::id_in_path(&ctx)?;
    payments::show(200, &ctx.call.retrieve_payment(id).await?)
}
