//! What a front door adds to the frame.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{FrontDoor, Timestamp};
use tollgate_gateway::Credentials;

use crate::{problem::Problem, request::Request};

/// A front door: its credentials, its headers and the words for everything that can be wrong.
///
/// The frame holds it as `dyn`: code that is generic over it would be compiled once more for every route.
pub trait Api: Send + Sync + 'static {
    /// Which one it is.
    fn front_door(&self) -> FrontDoor;

    /// What the request was sent with to say who calls, as this front door's text has it. An error is
    /// answered at once.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem>;

    /// What every request has to satisfy before its handler runs (a version, say).
    fn check(&self, _request: &Request, _now: Timestamp) -> Result<(), Problem> {
        Ok(())
    }

    /// Headers that every answer to this request carries.
    fn headers(&self, _request: &Request) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Status and body of a problem.
    fn problem(&self, problem: &Problem, request_id: &str) -> Reply;
}

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// JSON, written as `JSON.stringify` would.
    Json(Value),
    /// JSON that is written already.
    Verbatim(String),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body; none for 204.
    pub body: Option<Content>,
    /// Whether it is the answer that an earlier request with the same idempotency key was given.
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

    /// A status with a body whose every character counts, such as decimal amounts with a currency's own digits.
    pub fn verbatim(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_string(body)
            .map_err(|e| Problem::Gateway(tollgate_gateway::Error::Internal(e.to_string())))?;
        Ok(Self { status, body: Some(Content::Verbatim(text)), replayed: false })
    }

    /// Marks a replay.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        Self { replayed, ..self }
    }
}
