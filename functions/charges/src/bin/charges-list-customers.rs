//! `GET /v1/customers`: lists customers, newest first, by e-mail address and time of creation.

use std::sync::Arc;

use tollgate_charges::{Charges, customers, lists};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::CustomersRead), list_customers)
}

async fn list_customers(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let page = ctx.call.list_customers(customers::read_list(ctx.query())?).await?;
    Ok(Reply::ok(lists::page(page, render::CUSTOMER_PREFIX, render::customer)))
}
