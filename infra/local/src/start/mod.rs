//! The start page: URLs, keys, test cards, and a button that takes a payment. It shows the demo merchant's keys, so it
//! answers only browsers and programs of this machine.

mod guard;
mod page;
mod payment;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tollgate_processors::sandbox::test_cards;

use crate::{Error, Ready, front, inbox::Inbox};
use payment::Start;

/// Longest form that is read.
const FORM_BYTES_MAX: usize = 1024;
/// The answer to a request whose `Host` is not a name of this machine.
const WRONG_HOST: &str =
    "This shows keys, so it is served on this machine alone: ask for localhost, 127.0.0.1 or [::1].";

/// Serves `GET /`, the button's `POST /_local/payments`, and `GET /_local/ready`, where programs find the keys.
pub(crate) fn router(ready: Ready, inbox: Arc<Inbox>) -> Result<Router, Error> {
    let start = Arc::new(Start::new(ready, inbox)?);
    let nothing_else = || async { front::not_found() };
    Ok(Router::new()
        .route("/", get(show).fallback(nothing_else))
        .route("/_local/payments", post(pay).fallback(nothing_else))
        .route("/_local/ready", get(show_ready).fallback(nothing_else))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(start))
}

fn forbidden(why: &str) -> Response {
    front::message(StatusCode::FORBIDDEN, why)
}

async fn show(State(start): State<Arc<Start>>, headers: HeaderMap) -> Response {
    if !guard::is_local_host(&headers) {
        return forbidden(WRONG_HOST);
    }
    page::respond(StatusCode::OK, &page::start_page(&start.ready))
}

/// The line of `--json`, for programs that start later: `cargo local listen` and `trigger`.
async fn show_ready(State(start): State<Arc<Start>>, headers: HeaderMap) -> Response {
    if !guard::is_local_host(&headers) {
        return forbidden(WRONG_HOST);
    }
    if !guard::is_not_cross_site(&headers) {
        return forbidden("This is for programs of this machine, not for pages of other sites.");
    }
    ([("cache-control", "no-store")], axum::Json(&start.ready)).into_response()
}

async fn pay(State(start): State<Arc<Start>>, headers: HeaderMap, form: Bytes) -> Response {
    if !guard::is_local_host(&headers) {
        return forbidden(WRONG_HOST);
    }
    if !guard::is_same_origin(&headers) {
        return forbidden("This is for the start page's own button. Programs take payments through an API.");
    }
    let token = url::form_urlencoded::parse(&form).find(|(name, _)| name == "token");
    let token = token.map(|(_, token)| token.into_owned()).unwrap_or_default();
    if !test_cards().any(|card| card.token.as_deref() == Some(token.as_str())) {
        return front::message(StatusCode::BAD_REQUEST, "token is not one of the page's test cards");
    }
    match start.take_payment(&token).await {
        Some(result) => page::respond(StatusCode::OK, &page::result_page(&result)),
        None => front::message(StatusCode::BAD_GATEWAY, "The payment was not made"),
    }
}
