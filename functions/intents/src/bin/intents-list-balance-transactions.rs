//! `GET /v2/balance/history` and `GET /v2/balance_transactions`: lists balance transactions, newest first, as JSON or CSV.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, balance};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), list_balance_transactions)
}

async fn list_balance_transactions(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let (filter, format, expand) = balance::read_list(&ctx)?;
    let page = ctx.call.list_balance_transactions(filter).await?;
    balance::show_page(&ctx, &page, format, &expand).await
}
