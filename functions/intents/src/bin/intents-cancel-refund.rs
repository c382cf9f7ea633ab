//! `POST /v2/refunds/{id}/cancel`: calls a pending refund back.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{Exchange, LambdaError, Problem, Reply, Route, serve};
use tollgate_intents::{Intents, lists, refunds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve::<Intents, _, _>(Route::needs(Permission::PaymentsWrite), cancel_refund).await
}

async fn cancel_refund(exchange: Arc<Exchange>) -> Result<Reply, Problem> {
    let id = refunds::id_in_path(&exchange)?;
    let mut body = exchange.form_or_json()?.fields();
    lists::expansions(&mut body)?;
    body.finish()?;
    Ok(Reply::ok(refunds::show(&exchange.call.cancel_refund(id).await?)))
}
