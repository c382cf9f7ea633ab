//! Requests to processors: one client, hard limits, and a clear line between what was certainly not done and what may
//! have been.

use std::time::Duration;

use reqwest::{RequestBuilder, redirect::Policy};
use serde_json::Value;
use tollgate_domain::ProcessorTransactionId;

use crate::processor::ProcessorError;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A client of processors. Connections are kept and shared by its clones.
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
pub(crate) async fn send(request: RequestBuilder) -> Result<Reply, ProcessorError> {
    let mut answer = request.send().await.map_err(|error| not_answered(&error))?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) =
        answer.chunk().await.map_err(|_| ProcessorError::Unknown("the answer broke off".into()))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(ProcessorError::Unknown("the answer is too long".into()));
        }
    }
    read(status, &bytes)
}

/// Makes sense of a status and a body.
pub(crate) fn read(status: u16, bytes: &[u8]) -> Result<Reply, ProcessorError> {
    // Too many requests, and a refusal of whoever stands in front of the processor, did nothing for certain.
    let senseless = || match status {
        401 | 403 | 404 | 405 | 413 | 415 | 429 => ProcessorError::NothingDone(format!("status {status}")),
        _ => ProcessorError::Unknown(format!("status {status} without a meaningful body")),
    };
    if !matches!(status, 200..300 | 400..500) {
        return Err(ProcessorError::Unknown(format!("status {status}")));
    }
    match serde_json::from_slice(bytes) {
        Ok(body @ Value::Object(_)) => Ok(Reply { status, body }),
        _ => Err(senseless()),
    }
}

fn not_answered(error: &reqwest::Error) -> ProcessorError {
    if error.is_connect() || error.is_builder() {
        ProcessorError::NothingDone("nobody could be connected to".into())
    } else if error.is_timeout() {
        ProcessorError::Unknown("no answer in time".into())
    } else {
        ProcessorError::Unknown("the connection broke".into())
    }
}

/// A text within an answer; empty when there is none.
pub(crate) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The processor's own id of what it did.
pub(crate) fn transaction_id(id: &str) -> Result<ProcessorTransactionId, ProcessorError> {
    ProcessorTransactionId::parse(id)
        .map_err(|_| ProcessorError::Unknown("the answer names no transaction".into()))
}
