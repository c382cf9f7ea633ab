//! `DELETE /v2/customers/{id}`: erases a customer's personal data and payment methods.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, customers};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::CustomersWrite), delete_customer)
}

async fn delete_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = customers::id_in_path(&ctx)?;
    ctx.call.delete_customer(id).await?;
    Ok(Reply::ok(customers::show_deleted(id)))
}
