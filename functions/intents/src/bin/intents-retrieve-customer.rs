//! `GET /v2/customers/{id}`: reads a customer, or that it was deleted.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, customers, expansions};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersRead), retrieve_customer)
}

async fn retrieve_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&ctx)?;
    expansions::read_query_alone(&ctx)?;
    let customer = ctx.call.retrieve_customer_even_deleted(id).await?;
    Ok(Reply::ok(customers::show(ctx.tenant().await?, &customer)))
}
