//! `GET /v2/payment_intents`: lists intents, newest first.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    lists, objects, payment_intents,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_payment_intents)
}

async fn list_payment_intents(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, expand) = payment_intents::read_list(lists::query(&ctx)?)?;
    let page = ctx.call.list_payments(filter).await?;
    let tenant = ctx.tenant().await?;
    let shown = page.items.iter();
    let shown = shown.map(|payment| objects::payment_intent(&ctx, tenant, payment));
    let mut shown = shown.collect::<Result<Vec<_>, _>>()?.into_iter();
    let mut answer = lists::page(&ctx, &page, |_| shown.next().unwrap_or_default());
    let expand = expansions::permitted(&ctx, &expand, Linked::INTENT.list()).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
