//! A request: its signature, and the work that it asks for.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tollgate_domain::Provider;

use super::{
    super::{
        accounts::{CYBERSOURCE_KEY_ID, CYBERSOURCE_MID, CYBERSOURCE_SECRET},
        faults::Operation,
        ledger::Ledger,
        simulators::{Effects, Simulators},
    },
    fields::Reason,
    replies::{invalid, unauthorized},
};
use crate::Error;

pub(super) const PROCESSOR: Provider = Provider::CyberSource;

/// Checks the digest of the body and the signature of the headers.
pub(super) fn authorized(method: &Method, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let target = format!(
        "{} {}",
        method.as_str().to_ascii_lowercase(),
        uri.path_and_query().map_or("/", |target| target.as_str())
    );
    let digest = format!("SHA-256={}", STANDARD.encode(Sha256::digest(body)));
    let mut lines = vec![
        format!("host: {}", header("host")),
        format!("date: {}", header("date")),
        format!("request-target: {target}"),
    ];
    let mut names = "host date request-target".to_owned();
    if method == Method::POST {
        lines.push(format!("digest: {digest}"));
        names.push_str(" digest");
    }
    lines.push(format!("v-c-merchant-id: {CYBERSOURCE_MID}"));
    names.push_str(" v-c-merchant-id");
    let Ok(secret) = STANDARD.decode(CYBERSOURCE_SECRET) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
        return false;
    };
    mac.update(lines.join("\n").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let expected = format!(
        "keyid=\"{CYBERSOURCE_KEY_ID}\", algorithm=\"HmacSHA256\", headers=\"{names}\", signature=\"{signature}\""
    );
    let is_json = header("content-type").starts_with("application/json");
    header("v-c-merchant-id") == CYBERSOURCE_MID
        && (method == Method::GET || (header("digest") == digest && is_json))
        && header("date").ends_with(" GMT")
        && header("signature") == expected
}

/// A request, its signature checked.
pub(super) async fn signed(
    simulators: &Simulators,
    operation: Operation,
    (headers, uri, bytes): (HeaderMap, Uri, Bytes),
    work: impl Fn(&Ledger, &Effects, &Value) -> Result<Result<Response, Reason>, Error> + Send + Sync + 'static,
) -> Response {
    if !authorized(&Method::POST, &headers, &uri, &bytes) {
        return unauthorized();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        return invalid("INVALID_DATA");
    };
    simulators
        .perform(
            PROCESSOR,
            operation,
            Box::new(move |ledger, effects| {
                work(ledger, effects, &body).map(|answer| answer.unwrap_or_else(invalid))
            }),
        )
        .await
}
