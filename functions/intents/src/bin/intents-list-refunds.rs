//! `GET /v2/refunds`: lists refunds, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_refunds)
}

async fn list_refunds(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let (filter, expand) = refunds::read_list(lists::query(&exchange)?)?;
    let page = exchange.call.list_refunds(filter).await?;
    let mut answer = lists::page(&exchange, &page, refunds::show);
    let expand = expansions::permitted(&exchange, &expand, Linked::REFUND.list()).await?;
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
