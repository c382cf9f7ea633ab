//! The webhook inbox: a receiver for newcomers, which shows what the demo merchant's built-in endpoint got and whether
//! its signature is right.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Json, Response},
};
use rusqlite::params;
use serde_json::{Map, Value, json};
use tollgate_domain::Timestamp;
use tollgate_webhooks::{SigningSecret, verify_timestamped};

use crate::state::{StateFile, now_ms};

/// Webhooks that are kept.
const KEPT: i64 = 200;
/// How old a signature may be, in seconds, as the documented verifier has it.
const TOLERANCE_S: i64 = 300;
/// Headers that are shown.
const SHOWN: &[&str] = &[
    "x-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "user-agent",
];

/// The inbox.
#[derive(Clone)]
pub struct Inbox {
    state: StateFile,
    secret: SigningSecret,
}

impl Inbox {
    /// The inbox of an endpoint with this secret.
    pub fn new(state: StateFile, secret: &str) -> Self {
        Self {
            state,
            secret: SigningSecret::from_text(secret),
        }
    }

    fn keep(&self, headers: &HeaderMap, body: &str) -> rusqlite::Result<()> {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default()
        };
        let now = now_ms();
        let verdict = match text("x-signature") {
            "" => "missing",
            signature
                if verify_timestamped(
                    signature,
                    body,
                    &self.secret,
                    Timestamp::from_ms(now),
                    TOLERANCE_S,
                ) =>
            {
                "valid"
            }
            _ => "invalid",
        };
        let shown: Map<String, Value> = SHOWN
            .iter()
            .filter(|name| headers.contains_key(**name))
            .map(|name| ((*name).to_owned(), json!(text(name))))
            .collect();
        let connection = self.state.lock();
        connection.execute(
            "INSERT INTO inbox (received_ms, verdict, headers, body) VALUES (?1, ?2, ?3, ?4)",
            params![now, verdict, Value::Object(shown).to_string(), body],
        )?;
        connection.execute(
            "DELETE FROM inbox WHERE id <= (SELECT MAX(id) FROM inbox) - ?1",
            [KEPT],
        )?;
        Ok(())
    }

    fn list(&self) -> rusqlite::Result<Vec<Value>> {
        let connection = self.state.lock();
        let mut statement = connection
            .prepare_cached("SELECT received_ms, verdict, headers, body FROM inbox ORDER BY id DESC")?;
        let rows = statement.query_map([], |row| {
            let json_or_text = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
            let body: Value = json_or_text(row.get(3)?);
            Ok(json!({
                "received": row.get::<_, i64>(0)? / 1000,
                "type": body["type"],
                "signature": row.get::<_, String>(1)?,
                "headers": json_or_text(row.get(2)?),
                "body": body,
            }))
        })?;
        rows.collect()
    }
}

fn failed(error: &rusqlite::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}

/// `POST /_inbox/receive`.
pub async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: String) -> Response {
    match inbox.keep(&headers, &body) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed(&error),
    }
}

/// What may be asked of the inbox.
#[derive(serde::Deserialize)]
pub struct Show {
    format: Option<String>,
}

/// `GET /_inbox`: a page, or JSON for whoever asks for it.
pub async fn show(State(inbox): State<Inbox>, Query(show): Query<Show>, headers: HeaderMap) -> Response {
    let webhooks = match inbox.list() {
        Ok(webhooks) => webhooks,
        Err(error) => return failed(&error),
    };
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if show.format.as_deref() == Some("json") || accept.contains("application/json") {
        return Json(json!({"data": webhooks})).into_response();
    }
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    (
        [("content-security-policy", policy), ("cache-control", "no-store")],
        Html(page(&webhooks)),
    )
        .into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn page(webhooks: &[Value]) -> String {
    let entry = |webhook: &Value| {
        let verdict = webhook["signature"].as_str().unwrap_or_default();
        let body = serde_json::to_string_pretty(&webhook["body"]).unwrap_or_default();
        let headers = serde_json::to_string_pretty(&webhook["headers"]).unwrap_or_default();
        format!(
            "<article><h2>{}</h2><p class=\"{verdict}\">signature {verdict}</p><p>{}</p>\
             <details open><summary>Body</summary><pre>{}</pre></details>\
             <details><summary>Headers</summary><pre>{}</pre></details></article>",
            escape(webhook["type"].as_str().unwrap_or("(no type)")),
            webhook["received"],
            escape(&body),
            escape(&headers),
        )
    };
    let entries: String = if webhooks.is_empty() {
        "<p>Nothing yet. Take a payment and reload this page.</p>".to_owned()
    } else {
        webhooks.iter().map(entry).collect()
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Webhook inbox</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1a1f36}}\
         article{{border:1px solid #dde2e8;border-radius:8px;padding:1rem;margin:1rem 0}}h2{{font-size:1.1rem;margin:0}}\
         article p{{margin:.25rem 0;color:#4f566b}}.valid{{color:#09825d}}.invalid,.missing{{color:#c0123c}}\
         pre{{overflow:auto;background:#f6f8fa;padding:.75rem;border-radius:6px;font-size:.85rem}}</style></head><body>\
         <h1>Webhook inbox</h1><p>The last {KEPT} webhooks that the demo merchant's built-in endpoint received, newest \
         first. The same as JSON: <a href=\"?format=json\">?format=json</a></p>{entries}</body></html>"
    )
}
