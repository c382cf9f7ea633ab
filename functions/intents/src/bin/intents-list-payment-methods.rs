//! `GET /v2/payment_methods`: lists a customer's payment methods, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, lists, payment_methods};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_payment_methods)
}

async fn list_payment_methods(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (customer, filter) = payment_methods::read_list(lists::query(&ctx)?, None)?;
    let page = ctx.call.list_payment_methods(customer, filter).await?;
    let tenant = ctx.tenant().await?;
    let answer = lists::page(&ctx, &page, |method| payment_methods::show(tenant, method));
    Ok(Reply::ok(answer))
}
