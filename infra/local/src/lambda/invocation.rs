//! Invocations of functions, and their outcomes.

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The outcome of an invocation.
pub(crate) type Outcome = Result<Bytes, FunctionError>;

/// Why an invocation has no answer.
#[derive(Debug, Clone)]
pub(crate) enum FunctionError {
    /// There is no such function.
    Unknown(String),
    /// The function's reserved concurrency is used up, or too many invocations are waiting.
    Throttled,
    /// The payload is larger than Lambda takes.
    TooLarge {
        /// The payload's size.
        bytes: usize,
        /// `RequestResponse` or `Event`.
        invocation_type: &'static str,
        /// The largest payload.
        bytes_max: usize,
    },
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
            Self::Throttled => write!(f, "Rate Exceeded."),
            Self::TooLarge { bytes, invocation_type, bytes_max } => write!(
                f,
                "{bytes} byte payload is too large for the {invocation_type} invocation type (limit {bytes_max} bytes)"
            ),
            Self::Failed { payload } => write!(f, "{}", String::from_utf8_lossy(payload)),
        }
    }
}

/// An invocation that waits for its answer.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) reply: oneshot::Sender<Outcome>,
    /// Its share of the function's reserved concurrency.
    pub(super) slot: Option<OwnedSemaphorePermit>,
    /// Whether a process has failed to start for it. The next start then counts as a part of the invocation.
    pub(super) init_failed: bool,
}

impl Invocation {
    /// Answers the caller, who may be gone.
    pub(super) fn finish(self, outcome: Outcome) {
        // Before the answer: a caller who has it may invoke again at once.
        drop(self.slot);
        let _ = self.reply.send(outcome);
    }
}

/// Why a process is killed, for the waiting caller.
pub(super) struct Verdict {
    /// Lambda's `errorType`.
    pub(super) kind: &'static str,
    pub(super) reason: String,
}

impl Verdict {
    /// The runtime ended, or never got ready.
    pub(super) fn exit(reason: String) -> Self {
        Self { kind: "Runtime.ExitError", reason }
    }

    /// The function's timeout has passed.
    pub(super) fn timed_out(timeout: std::time::Duration) -> Self {
        let reason = format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
        Self { kind: "Sandbox.Timedout", reason }
    }

    /// What the caller of this invocation is answered.
    pub(super) fn error(&self, invocation: &Invocation) -> FunctionError {
        FunctionError::failed(self.kind, &format!("RequestId: {} Error: {}", invocation.id, self.reason))
    }
}
