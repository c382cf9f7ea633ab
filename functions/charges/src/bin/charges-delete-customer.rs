//! `DELETE /v1/customers/{id}`: erases a customer's personal data; its payments stay.

use std::sync::Arc;

use tollgate_charges::{Charges, customers};
use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};

fn main() -> Result<(), LambdaError> {
    serve(&Charges, Route::needs(Permission::CustomersWrite), delete_customer)
}

async fn delete_customer(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    ctx.call.delete_customer(customers::id_in_path(&ctx)?).await?;
    Ok(Reply::no_content())
}
