//! A request: its signature is checked, and it is carried out or refused.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tollgate_domain::ProcessorKind;

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

pub(super) const PROCESSOR: ProcessorKind = ProcessorKind::CyberSource;

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

/// The body of a request with a valid digest and signature.
pub(super) struct Signed(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (method, headers, uri) =
            (request.method().clone(), request.headers().clone(), request.uri().clone());
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        if !authorized(&method, &headers, &uri, &body) {
            return Err(unauthorized());
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| invalid("INVALID_DATA"))
    }
}

/// Why a request was not carried out.
pub(super) enum Refusal {
    /// The processor refuses it.
    Reason(Reason),
    /// The simulator failed.
    Failed(Error),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Carries out a request.
pub(super) async fn perform(
    simulators: &Simulators,
    operation: Operation,
    work: impl Fn(&Ledger, &Effects) -> Result<Response, Refusal> + Send + Sync + 'static,
) -> Response {
    let work = move |ledger: &Ledger, effects: &Effects| match work(ledger, effects) {
        Ok(answer) => Ok(answer),
        Err(Refusal::Reason(reason)) => Ok(invalid(reason)),
        Err(Refusal::Failed(error)) => Err(error),
    };
    simulators.perform(PROCESSOR, operation, Box::new(work)).await
}
