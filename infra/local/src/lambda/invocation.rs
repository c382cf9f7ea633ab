//! Calls of functions, and what comes of them.

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::oneshot;

/// What came of an invocation.
pub(crate) type Outcome = Result<Bytes, FunctionError>;

/// An invocation that gave no result.
#[derive(Debug, Clone)]
pub(crate) enum FunctionError {
    /// There is no such function.
    Unknown(String),
    /// Too many invocations wait already.
    Throttled,
    /// The function answered with an error, crashed or ran out of time. `payload` is what Lambda's caller sees.
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

/// One call of a function, on its way.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) reply: oneshot::Sender<Outcome>,
}
