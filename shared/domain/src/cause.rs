//! What a version of a thing is due to.

use serde::{Deserialize, Serialize};

use crate::idempotency::IdempotencyKey;

/// The request that made a version of a thing. Events tell of it, so that merchants find what they asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The request's id, `req_…`; empty where nobody asked.
    #[serde(default)]
    pub request_id: String,
    /// The `Idempotency-Key` header that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl Cause {
    /// A request and the key that came with it.
    pub fn new(request_id: impl Into<String>, key: Option<&IdempotencyKey>) -> Self {
        Self { request_id: request_id.into(), idempotency_key: key.map(|key| key.as_str().to_owned()) }
    }
}

/// A request without a key.
impl From<String> for Cause {
    fn from(request_id: String) -> Self {
        Self::new(request_id, None)
    }
}

/// See [`Cause::from`] of a [`String`].
impl From<&str> for Cause {
    fn from(request_id: &str) -> Self {
        Self::new(request_id, None)
    }
}
