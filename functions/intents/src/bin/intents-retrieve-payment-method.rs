//! `GET /v2/payment_methods/{id}`: reads a payment method.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_methods,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_payment_method)
}

async fn retrieve_payment_method(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&exchange)?;
    let mut query = exchange.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let method = exchange.call.retrieve_payment_method(id).await?;
    let mut answer = payment_methods::show(exchange.tenant().await?, &method);
    let expand = expansions::permitted(&exchange, &expand, Linked::METHOD).await?;
    expansions::expand(&exchange, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
