//! `GET /v2/payment_intents/{id}`: reads an intent; a payer's page may, with its client secret.

use std::sync::Arc;

use tollgate_domain::Permission;
use tollgate_http::{LambdaError, Problem, Reply, RequestContext, Route, serve};
use tollgate_intents::{
    Intents,
    expansions::{self, Linked},
    payment_intents,
};

fn main() -> Result<(), LambdaError> {
    serve(&Intents, Route::needs(Permission::PaymentsRead).for_pages_too(), retrieve_payment_intent)
}

async fn retrieve_payment_intent(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let id = payment_intents::id_in_path(&ctx)?;
    let mut query = ctx.nested_query()?;
    let client_secret = query.string("client_secret", 256)?;
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    // Reads while the caller is authenticated; the answer is shown only after the check.
    let payment = ctx.call.retrieve_payment(id).await;
    ctx.call.check_client(id, client_secret.as_deref()).await?;
    let payment = payment?;
    let expand = expansions::permitted(&ctx, &expand, Linked::INTENT).await?;
    payment_intents::answer(&ctx, 200, &payment, false, &expand).await
}
