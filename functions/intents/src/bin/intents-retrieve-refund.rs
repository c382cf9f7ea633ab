//! `GET /v2/refunds/{id}`: reads a refund.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    refunds,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_refund)
}

async fn retrieve_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&exchange)?;
    let mut query = exchange.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let mut answer = refunds::show(&exchange.call.retrieve_refund(id).await?);
    let expand = expansions::permitted(&exchange, &expand, Linked::REFUND).await?;
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
