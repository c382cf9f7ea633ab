//! `GET /v1/customers/{id}`: reads a customer that is not deleted.

use std::sync::Arc;

use tollgate_charges::{Charges, customers};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_webhooks::render::charges as render;

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::CustomersRead), retrieve_customer)
}

async fn retrieve_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let customer = ctx.call.retrieve_customer(customers::id_in_path(&ctx)?).await?;
    Ok(Reply::ok(render::customer(&customer)))
}
