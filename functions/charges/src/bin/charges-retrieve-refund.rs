//! `GET /v1/refunds/{id}`: reads a refund.

use std::sync::Arc;

use tollgate_charges::{Charges, refunds};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::PaymentsRead), retrieve_refund)
}

async fn retrieve_refund(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let refund = ctx.call.retrieve_refund(refunds::id_in_path(&ctx)?).await?;
    Ok(Reply::ok(render::refund(&refund)))
}
