//! Invocations of functions, and their outcomes.

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::oneshot;

/// The outcome of an invocation.
pub(crate) type Outcome = Result<Bytes, FunctionError>;

/// Why an invocation has no answer.
#[derive(Debug, Clone)]
pub(crate) enum FunctionError {
    /// There is no such function.
    Unknown(String),
    /// Too many invocations are waiting.
    Throttled,
    /// The function answered with an error, crashed or timed out. `payload` is Lambda's answer to the caller.
    Failed {
        /// `{"errorType", "errorMessage"}`.
        payload: Bytes,
    },
}

impl FunctionError {
    pub(super) fn failed(kind: &str, message: &str) -> Self {
        let payload = json!({"errorType": kind, "errorMessage": message});
        Self::Failed { payload: Bytes::from(payload.to_string()) }
    }
}

impl std::fmt::Display for FunctionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no function `{name}`"),
            Self::Throttled => write!(f, "too many invocations are waiting"),
            Self::Failed { payload } => write!(f, "{}", String::from_utf8_lossy(payload)),
        }
    }
}

/// An invocation that waits for its answer.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) reply: oneshot::Sender<Outcome>,
}
