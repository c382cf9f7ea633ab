//! `DELETE /v2/products/{id}`: deletes a product that has no prices.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{Intents, products};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsWrite), delete_product)
}

async fn delete_product(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = products::id_in_path(&ctx)?;
    ctx.call.delete_product(id).await?;
    Ok(Reply::ok(products::show_deleted(id)))
}
