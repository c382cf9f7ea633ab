//! `GET /v2/payment_intents`: lists intents, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, payment_intents,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_payment_intents)
}

async fn list_payment_intents(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let (filter, expand) = payment_intents::read_list(lists::query(&exchange)?)?;
    let page = exchange.call.list_payments(filter).await?;
    let tenant = exchange.tenant().await?;
    let shown = page.items.iter();
    let shown = shown.map(|payment| payment_intents::show(&exchange, tenant, payment));
    let mut shown = shown.collect::<Result<Vec<_>, _>>()?.into_iter();
    let mut answer = lists::page(&exchange, &page, |_| shown.next().unwrap_or_default());
    let expand = expansions::permitted(&exchange, &expand, Linked::INTENT.list()).await?;
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
