//! `GET /v2/customers`: lists customers, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, customers, lists};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersRead), list_customers)
}

async fn list_customers(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let page = exchange.call.list_customers(customers::read_list(lists::query(&exchange)?)?).await?;
    let tenant = exchange.tenant().await?;
    let answer = lists::page(&exchange, &page, |customer| customers::show(tenant, customer));
    Ok(Reply::ok(answer))
}
