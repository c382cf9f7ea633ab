//! Requests to providers: one client, hard limits, and a clear line between what was certainly not done and what may
//! have been.

use std::time::Duration;

use reqwest::{RequestBuilder, redirect::Policy};
use serde_json::Value;
use tollgate_domain::NetworkId;

use crate::network::NetworkError;

/// Longest answer that is read, in bytes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// A client of providers. Connections are kept and shared by its clones.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the client of providers cannot be built: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// An answer that makes sense as HTTP and JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    /// A client that waits for an answer for `timeout`, and for a connection for half of it.
    pub fn new(timeout: Duration) -> Result<Self, ClientError> {
        Ok(Self(
            reqwest::Client::builder()
                .timeout(timeout)
                .connect_timeout(timeout / 2)
                .redirect(Policy::none())
                .no_proxy()
                .pool_max_idle_per_host(2)
                .build()?,
        ))
    }

    pub(crate) fn inner(&self) -> &reqwest::Client {
        &self.0
    }
}

/// Sends a request. A 4xx is an answer: whoever reads it knows what it means.
pub(crate) async fn send(request: RequestBuilder) -> Result<Reply, NetworkError> {
    let mut answer = request.send().await.map_err(|error| not_answered(&error))?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) =
        answer.chunk().await.map_err(|_| NetworkError::Unknown("the answer broke off".into()))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_MAX_BYTES {
            return Err(NetworkError::Unknown("the answer is too long".into()));
        }
    }
    read(status, &bytes)
}

/// Makes sense of a status and a body.
pub(crate) fn read(status: u16, bytes: &[u8]) -> Result<Reply, NetworkError> {
    // Too many requests, and a refusal of whoever stands in front of the provider, did nothing for certain.
    let senseless = || match status {
        401 | 403 | 404 | 405 | 413 | 415 | 429 => NetworkError::NothingDone(format!("status {status}")),
        _ => NetworkError::Unknown(format!("status {status} without a meaningful body")),
    };
    if !matches!(status, 200..300 | 400..500) {
        return Err(NetworkError::Unknown(format!("status {status}")));
    }
    match serde_json::from_slice(bytes) {
        Ok(body @ Value::Object(_)) => Ok(Reply { status, body }),
        _ => Err(senseless()),
    }
}

fn not_answered(error: &reqwest::Error) -> NetworkError {
    if error.is_connect() || error.is_builder() {
        NetworkError::NothingDone("nobody could be connected to".into())
    } else if error.is_timeout() {
        NetworkError::Unknown("no answer in time".into())
    } else {
        NetworkError::Unknown("the connection broke".into())
    }
}

/// A text within an answer; empty when there is none.
pub(crate) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The provider's own id of what it did.
pub(crate) fn network_id(id: &str) -> Result<NetworkId, NetworkError> {
    NetworkId::parse(id).map_err(|_| NetworkError::Unknown("the answer names no transaction".into()))
}
