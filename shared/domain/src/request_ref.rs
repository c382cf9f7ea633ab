//! The request that wrote a version of an item.

use serde::{Deserialize, Serialize};

use crate::idempotency::IdempotencyKey;

/// The request that wrote a version of an item. Events repeat it, so that merchants can match an event with their request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRef {
    /// The request's id, `req_…`; empty where no request wrote the version.
    #[serde(default)]
    pub request_id: String,
    /// The `Idempotency-Key` header that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl RequestRef {
    /// A request and the key that came with it.
    pub fn new(request_id: impl Into<String>, key: Option<&IdempotencyKey>) -> Self {
        Self { request_id: request_id.into(), idempotency_key: key.map(|key| key.as_str().to_owned()) }
    }
}

/// A request without a key.
impl From<String> for RequestRef {
    fn from(request_id: String) -> Self {
        Self::new(request_id, None)
    }
}

/// A request without a key.
impl From<&str> for RequestRef {
    fn from(request_id: &str) -> Self {
        Self::new(request_id, None)
    }
}
