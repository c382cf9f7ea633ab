//! Pages for people: no key, no JSON.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use lambda_http::{Body, Error as LambdaError, Response};
use tollgate_gateway::{Gateway, metrics::PAGES};

use crate::{
    access_log::{Logged, log},
    event,
    request::Request,
};

type Page = Pin<Box<dyn Future<Output = Result<Response<Body>, LambdaError>> + Send>>;
type Render = Box<dyn Fn(Gateway, Request) -> Page + Send + Sync>;

/// Runs a page for people: no key, no JSON; `render` makes status, headers and body.
///
/// # Errors
/// See [`serve`](crate::serve).
pub fn serve_pages<H, F>(render: H) -> Result<(), LambdaError>
where
    H: Fn(Gateway, Request) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, LambdaError>> + Send + 'static,
{
    serve_pages_boxed(Box::new(move |gateway, request| Box::pin(render(gateway, request))))
}

fn serve_pages_boxed(render: Render) -> Result<(), LambdaError> {
    event::block_on(Box::pin(async move {
        let gateway = Gateway::start().await?;
        let shared = Arc::new((gateway, render));
        event::answer_requests(Box::new(move |request| {
            let shared = shared.clone();
            Box::pin(async move { answer_page(&shared.0, &shared.1, request).await })
        }))
        .await
    }))
}

async fn answer_page(
    gateway: &Gateway,
    render: &Render,
    mut request: Request,
) -> Result<Response<Body>, LambdaError> {
    let (began, now) = (Instant::now(), gateway.now());
    let gateway = gateway.metered();
    let (request_id, method) = (gateway.new_request_id(), request.method.clone());
    let is_notice = request.path.starts_with("/notices/");
    request.id.clone_from(&request_id);
    let page = render(gateway.clone(), request).await?;
    // The path holds the link's token and is not logged.
    log(&Logged {
        api: PAGES,
        method: &method,
        request_id: &request_id,
        status: page.status().as_u16(),
        replayed: false,
        // Forms are how payers pay; no payer waits for a processor's notice.
        writes_payments: method == "POST" && !is_notice,
        cost: gateway.cost(),
        now,
        began,
    });
    Ok(page)
}
