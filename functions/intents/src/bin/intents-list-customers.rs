//! `GET /v2/customers`: lists customers, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, customers, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersRead), list_customers)
}

async fn list_customers(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_customers(customers::read_list(lists::query(&ctx)?)?).await?;
    let tenant = ctx.tenant().await?;
    let answer = lists::page(&ctx, &page, |customer| customers::show(tenant, customer));
    Ok(Reply::ok(answer))
}
