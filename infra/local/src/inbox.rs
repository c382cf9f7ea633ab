//! The webhook inbox: a receiver for the demo merchant's webhooks and a page that shows what came.

use std::{
    fmt::Write as _,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use tollgate_domain::Timestamp;
use tollgate_webhooks::{SigningSecret, verify_timestamped};

use crate::{Error, clock};

/// Webhooks kept and shown.
const KEPT: u32 = 200;
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How old a signature may be, in seconds, as the documented verifier has it.
const TOLERANCE_S: i64 = 300;
/// Headers that tell a reader something; the others are a client's small talk.
const SHOWN_HEADERS: [&str; 8] = [
    "x-signature",
    "pg-signature",
    "x-webhook-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "content-type",
    "user-agent",
];
/// Nothing may be loaded or run: the page is text, and what it shows came from elsewhere.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How the local cloud's pages look.
pub(crate) const STYLE: &str = include_str!("page.css");

/// What came, and how to check it.
pub(crate) struct Inbox {
    connection: Mutex<Connection>,
    secret: Option<SigningSecret>,
}

/// Whether a webhook's signature is the endpoint's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Valid,
    Invalid,
    /// There is no signature, or no secret to check it with.
    Unknown,
}

/// A webhook that came.
#[derive(Debug, Serialize)]
pub(crate) struct Webhook {
    number: i64,
    received_at: String,
    event_type: Option<String>,
    signature: String,
    headers: Value,
    pub(crate) body: String,
}

#[derive(Deserialize)]
struct Format {
    format: Option<String>,
}

impl Inbox {
    pub(crate) fn open(path: &Path, secret: Option<SigningSecret>) -> Result<Arc<Self>, Error> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS webhooks (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                received_ms INTEGER NOT NULL,
                event_type TEXT,
                signature TEXT NOT NULL,
                headers TEXT NOT NULL,
                body TEXT NOT NULL
            )",
        )?;
        Ok(Arc::new(Self { connection: Mutex::new(connection), secret }))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        let shown: Map<_, _> = SHOWN_HEADERS
            .iter()
            .filter_map(|name| {
                let value = headers.get(*name)?.to_str().ok()?;
                Some(((*name).to_owned(), Value::from(value)))
            })
            .collect();
        let event_type = serde_json::from_slice::<Value>(body).ok().and_then(|event| {
            let kind = event.get("type").or_else(|| event.get("event"))?;
            Some(kind.as_str()?.to_owned())
        });
        let now = Timestamp::from_ms(i64::try_from(clock::now_ms()).unwrap_or(i64::MAX));
        let signature = match self.check(headers, body, now) {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Unknown => "unknown",
        };
        let connection = self.lock();
        connection.execute(
            "INSERT INTO webhooks (received_ms, event_type, signature, headers, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                now.ms(),
                event_type,
                signature,
                Value::from(shown).to_string(),
                String::from_utf8_lossy(body),
            ],
        )?;
        connection.execute(
            "DELETE FROM webhooks WHERE number <= (SELECT MAX(number) FROM webhooks) - ?1",
            [KEPT],
        )?;
        Ok(())
    }

    /// The newest first.
    pub(crate) fn list(&self) -> Result<Vec<Webhook>, Error> {
        let connection = self.lock();
        let mut select = connection.prepare(
            "SELECT number, received_ms, event_type, signature, headers, body FROM webhooks ORDER BY number DESC LIMIT ?1",
        )?;
        let rows = select.query_map([KEPT], |row| {
            let (received_ms, headers): (i64, String) = (row.get(1)?, row.get(4)?);
            Ok(Webhook {
                number: row.get(0)?,
                received_at: clock::iso(u64::try_from(received_ms).unwrap_or(0)),
                event_type: row.get(2)?,
                signature: row.get(3)?,
                headers: serde_json::from_str(&headers).unwrap_or(Value::Null),
                body: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn check(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Verdict {
        let header =
            ["x-signature", "pg-signature"].iter().find_map(|name| headers.get(*name)?.to_str().ok());
        let (Some(header), Some(secret)) = (header, &self.secret) else {
            return Verdict::Unknown;
        };
        let signed = std::str::from_utf8(body)
            .is_ok_and(|body| verify_timestamped(header, body, secret, now, TOLERANCE_S));
        if signed { Verdict::Valid } else { Verdict::Invalid }
    }
}

pub(crate) fn router(inbox: Arc<Inbox>) -> Router {
    Router::new()
        .route("/_inbox", get(show))
        .route("/_inbox/receive", post(receive))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(inbox)
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> Response {
    match inbox.keep(&headers, &body) {
        Ok(()) => (StatusCode::OK, "{\"received\":true}").into_response(),
        Err(error) => failure(&error),
    }
}

async fn show(State(inbox): State<Arc<Inbox>>, Query(query): Query<Format>, headers: HeaderMap) -> Response {
    let webhooks = match inbox.list() {
        Ok(webhooks) => webhooks,
        Err(error) => return failure(&error),
    };
    let accepts = headers.get("accept").and_then(|a| a.to_str().ok()).unwrap_or_default();
    if query.format.as_deref() == Some("json") || accepts.contains("application/json") {
        return axum::Json(serde_json::json!({ "data": webhooks })).into_response();
    }
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", PAGE_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ];
    (headers, page(&webhooks)).into_response()
}

fn failure(error: &Error) -> Response {
    crate::log("inbox", &error.to_string());
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn page(webhooks: &[Webhook]) -> String {
    let mut rows = articles(webhooks);
    if rows.is_empty() {
        rows.push_str("<p>Nothing has come yet. Take a payment, and its webhook appears here.</p>");
    }
    format!(include_str!("inbox.html"), style = STYLE, rows = rows)
}

/// Webhooks as HTML; empty where there are none.
pub(crate) fn articles(webhooks: &[Webhook]) -> String {
    // Writing to a `String` never fails.
    let mut rows = String::new();
    for webhook in webhooks {
        let verdict = escape(&webhook.signature);
        let mut headers = String::new();
        for (name, value) in webhook.headers.as_object().into_iter().flatten() {
            let _ = writeln!(headers, "{}: {}", escape(name), escape(value.as_str().unwrap_or_default()));
        }
        let body = serde_json::from_str::<Value>(&webhook.body)
            .and_then(|body| serde_json::to_string_pretty(&body))
            .unwrap_or_else(|_| webhook.body.clone());
        let _ = writeln!(
            rows,
            "<article><h2>{kind}</h2><p><time>{time}</time> · signature <strong class=\"{verdict}\">{verdict}</strong></p>\
             <details><summary>Headers</summary><pre>{headers}</pre></details>\
             <details><summary>Body</summary><pre>{body}</pre></details></article>",
            kind = escape(webhook.event_type.as_deref().unwrap_or("(no type)")),
            time = escape(&webhook.received_at),
            body = escape(&body),
        );
    }
    rows
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_700_000_000);

    fn inbox(folder: &Path) -> Arc<Inbox> {
        Inbox::open(&folder.join("inbox.db"), Some(SigningSecret::from_text("whsec_1"))).expect("an inbox")
    }

    fn signed(secret: &str, body: &str, at: Timestamp) -> HeaderMap {
        let secret = SigningSecret::from_text(secret);
        let headers =
            tollgate_webhooks::sign(tollgate_domain::FrontDoor::Charges, &secret, None, "evt_1", at, body);
        let header =
            |(name, value): (&str, String)| (name.parse().expect("a name"), value.parse().expect("a value"));
        headers.into_iter().map(header).collect()
    }

    #[test]
    fn a_signature_is_checked_with_the_endpoints_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = inbox(folder.path());
        let body = r#"{"type":"payment.succeeded"}"#;
        let check = |headers: &HeaderMap, body: &str| inbox.check(headers, body.as_bytes(), NOW);
        assert_eq!(check(&signed("whsec_1", body, NOW), body), Verdict::Valid);
        assert_eq!(check(&signed("whsec_2", body, NOW), body), Verdict::Invalid);
        assert_eq!(check(&signed("whsec_1", body, NOW), "{}"), Verdict::Invalid);
        assert_eq!(check(&signed("whsec_1", body, NOW.plus_ms(-301_000)), body), Verdict::Invalid);
        assert_eq!(check(&HeaderMap::new(), "{}"), Verdict::Unknown);
    }

    #[test]
    fn what_came_is_kept_over_a_restart_and_shown_without_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        let body = r#"{"type":"<script>alert(1)</script>"}"#;
        let now = Timestamp::from_ms(i64::try_from(clock::now_ms()).expect("a time"));
        inbox(folder.path()).keep(&signed("whsec_1", body, now), body.as_bytes()).expect("kept");
        let kept = inbox(folder.path()).list().expect("a list");
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].signature, "valid");
        assert_eq!(kept[0].body, body);
        assert!(!page(&kept).contains("<script>"));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = inbox(folder.path());
        for number in 0..=KEPT {
            inbox.keep(&HeaderMap::new(), number.to_string().as_bytes()).expect("kept");
        }
        let kept = inbox.list().expect("a list");
        assert_eq!(kept.len(), 200);
        assert_eq!((kept[0].body.as_str(), kept[199].body.as_str()), ("200", "1"));
    }
}
