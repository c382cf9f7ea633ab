//! `POST /api/v1/payments/{referenceId}/refund`: refunds a payment, wholly or in part.

use std::sync::Arc;

use tollgate_checkout::{Checkout, transactions};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Checkout, Route::needs(Permission::PaymentsWrite), refund_payment)
}

async fn refund_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let payment = transactions::id_in_path(&ctx)?;
    let body = ctx.json()?;
    let new = transactions::read_refund(payment, ctx.raw("amount"));
    let made = ctx.call.create_refund(new, ctx.idempotency(&body)?.as_ref()).await?;
    Ok(transactions::show_refund(&made.value).replayed(made.replayed))
}
