//! `GET /v2/payment_methods/{id}`: reads a payment method.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_methods,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead), retrieve_payment_method)
}

async fn retrieve_payment_method(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_methods::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    let method = ctx.call.retrieve_payment_method(id).await?;
    let mut answer = payment_methods::show(ctx.tenant().await?, &method);
    let expand = expansions::permitted(&ctx, &expand, Linked::METHOD).await?;
    expansions::expand(&ctx, &mut answer, &expand).await?;
    Ok(Reply::ok(answer))
}
