//! The start page: what runs here, and a payment at the press of a button. It shows the demo merchant's keys, so it
//! answers this machine's own browser and programs alone.

mod guard;
mod page;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tollgate_processors::sandbox::test_cards;

use crate::{
    Error, Ready, front,
    inbox::{Inbox, Webhook},
    state,
};

/// Longest form that the button sends.
const FORM_BYTES_MAX: usize = 1024;
/// How long the result waits for the payment's webhook.
const WEBHOOK_LIMIT: Duration = Duration::from_secs(8);
/// How often the inbox is looked into meanwhile.
const WEBHOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long the payment may take.
const PAYMENT_LIMIT: Duration = Duration::from_secs(30);
/// Letters and digits by which a payment's webhook is known.
const REFERENCE_CHARS: usize = 12;

/// Said to what was sent to a name that is not this machine's.
const ANOTHER_NAME: &str =
    "This shows keys, so it is served on this machine alone: ask for localhost, 127.0.0.1 or [::1].";

/// What the page needs.
pub(crate) struct Start {
    ready: Ready,
    inbox: Arc<Inbox>,
    client: reqwest::Client,
}

/// A payment that the button took, and the webhooks of it that came.
struct Taken {
    status: u16,
    body: String,
    webhooks: Vec<Webhook>,
}

/// `GET /`, the button's `POST /_local/payments`, and `GET /_local/ready`, by which programs find the keys.
pub(crate) fn router(ready: Ready, inbox: Arc<Inbox>) -> Result<Router, Error> {
    // Nothing leaves this machine, whatever proxy is set up.
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PAYMENT_LIMIT)
        .build()
        .map_err(|e| Error::Demo(e.to_string()))?;
    let start = Arc::new(Start { ready, inbox, client });
    let nothing_else = || async { front::not_found() };
    Ok(Router::new()
        .route("/", get(show).fallback(nothing_else))
        .route("/_local/payments", post(pay).fallback(nothing_else))
        .route("/_local/ready", get(ready_line).fallback(nothing_else))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(start))
}

fn forbidden(why: &str) -> Response {
    front::message(StatusCode::FORBIDDEN, why)
}

async fn show(State(start): State<Arc<Start>>, headers: HeaderMap) -> Response {
    if !guard::is_to_this_machine(&headers) {
        return forbidden(ANOTHER_NAME);
    }
    page::respond(StatusCode::OK, &page::start(&start.ready))
}

/// The line that `--json` prints, for programs that come later: `cargo local listen` and `trigger`.
async fn ready_line(State(start): State<Arc<Start>>, headers: HeaderMap) -> Response {
    if !guard::is_to_this_machine(&headers) {
        return forbidden(ANOTHER_NAME);
    }
    if !guard::is_free_of_other_sites(&headers) {
        return forbidden("This is for programs of this machine, not for pages of other sites.");
    }
    ([("cache-control", "no-store")], axum::Json(&start.ready)).into_response()
}

async fn pay(State(start): State<Arc<Start>>, headers: HeaderMap, form: Bytes) -> Response {
    if !guard::is_to_this_machine(&headers) {
        return forbidden(ANOTHER_NAME);
    }
    if !guard::is_from_own_page(&headers) {
        return forbidden("This is for the start page's own button. Programs take payments through an API.");
    }
    let token = url::form_urlencoded::parse(&form).find(|(name, _)| name == "token");
    let token = token.map(|(_, token)| token.into_owned()).unwrap_or_default();
    if !test_cards().any(|card| card.token.as_deref() == Some(token.as_str())) {
        return front::message(StatusCode::BAD_REQUEST, "token is not one of the page's test cards");
    }
    match start.take(&token).await {
        Some(taken) => page::respond(StatusCode::OK, &page::result(&taken)),
        None => front::message(StatusCode::BAD_GATEWAY, "The payment was not made"),
    }
}

impl Start {
    /// Takes a payment through the front door, as any program would, and waits for its webhook.
    async fn take(&self, token: &str) -> Option<Taken> {
        let keys = self.ready.credentials.as_ref()?;
        let url = self.ready.apis.get("charges")?.as_str()?;
        let reference = state::random_text(REFERENCE_CHARS).ok()?;
        let mut body = page::payment_body(token);
        body["description"] = format!("Start page, {reference}").into();
        let request = self
            .client
            .post(format!("{url}/payments"))
            .bearer_auth(&keys.secret_key)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.text().await.ok()?;
        Some(Taken { status, body, webhooks: self.webhooks_of(&reference).await })
    }

    /// The webhooks that name the reference, as soon as there is one; none where none comes in time.
    async fn webhooks_of(&self, reference: &str) -> Vec<Webhook> {
        let began = Instant::now();
        loop {
            let mut webhooks = self.inbox.list().unwrap_or_default();
            webhooks.retain(|webhook| webhook.body.contains(reference));
            if !webhooks.is_empty() || began.elapsed() > WEBHOOK_LIMIT {
                return webhooks;
            }
            tokio::time::sleep(WEBHOOK_INTERVAL).await;
        }
    }
}
