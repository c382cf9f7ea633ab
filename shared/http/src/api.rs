//! What a front door adds to the frame.

use serde_json::Value;
use tollgate_domain::FrontDoor;

use crate::{problem::Problem, request::Request};

/// A front door: its credentials, its headers and the words for everything that can be wrong.
pub trait Api: Send + Sync + 'static {
    /// Which one it is.
    const FRONT_DOOR: FrontDoor;

    /// The key that the request was sent with, as this front door's text says it is sent.
    fn credentials(request: &Request) -> Option<String>;

    /// What every request has to satisfy before its handler runs (a version header, say).
    fn check(_request: &Request) -> Result<(), Problem> {
        Ok(())
    }

    /// Headers that every answer carries.
    fn headers() -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Status and body of a problem.
    fn problem(problem: &Problem, request_id: &str) -> Reply;
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The JSON body; none for 204.
    pub body: Option<Value>,
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
        Self {
            status: 204,
            body: None,
            replayed: false,
        }
    }

    /// A status with a body.
    pub fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
            replayed: false,
        }
    }

    /// Marks a replay.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        Self { replayed, ..self }
    }
}
