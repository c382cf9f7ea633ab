//! `POST /v1/payments`: charges a card or a wallet; a declined card is a payment that failed.

use std::sync::Arc;

use tollgate_direct::{Direct, payments};
use tollgate_domain::Permission;
use tollgate_http::{Fields, LambdaError, Problem, Reply, RequestContext, Route, serve, without_card_data};

fn main() -> Result<(), LambdaError> {
    serve(&Direct, Route::needs(Permission::PaymentsWrite), create_payment)
}

async fn create_payment(ctx: Arc<RequestContext>) -> Result<Reply, Problem> {
    let body = ctx.json()?;
    let mode = ctx.tenant().await?.mode;
    let new = payments::read_create(Fields::of(&body), mode, ctx.call.now())?;
    let payer = new.payer.clone();
    let idempotency = ctx.idempotency(&without_card_data(&body, payments::CARD_PLACES))?;
    let made = ctx.call.create_payment(new, idempotency.as_ref()).await;
    let made = made.map_err(|error| payments::refused(error, &body))?;
    let shown = payments::show_created(&ctx, &made.value, &payer).await?;
    Ok(Reply::ok(shown).replayed(made.replayed))
}
