//! The answer of a handler.

use serde::Serialize;
use serde_json::Value;
use tollgate_apis::{Answer, Problem};

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// JSON, written as `JSON.stringify` would.
    Json(Value),
    /// JSON that is written already.
    Verbatim(String),
    /// CSV with a header, and the address of the next page, if there is one.
    Csv {
        /// The lines.
        text: String,
        /// The next page, relative to the request's own address.
        next: Option<String>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body; none for 204.
    pub body: Option<Content>,
    /// Whether it is the answer of an earlier request with the same idempotency key.
    pub replayed: bool,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: 204, body: None, replayed: false }
    }

    /// A status with a body.
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(Content::Json(body)), replayed: false }
    }

    /// A status with a body that is sent exactly as serialized, for amounts with a currency's decimal places.
    pub fn verbatim(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_string(body).map_err(|e| Problem::Internal(e.to_string()))?;
        Ok(Self { status, body: Some(Content::Verbatim(text)), replayed: false })
    }

    /// 200 with CSV, and the address of the next page.
    pub fn csv(text: String, next: Option<String>) -> Self {
        Self { status: 200, body: Some(Content::Csv { text, next }), replayed: false }
    }

    /// Marks a replay.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        Self { replayed, ..self }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::new(answer.status, answer.body)
    }
}
