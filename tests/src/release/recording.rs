//! What is recorded of a release.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a release wrote, and what is needed to go on with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// What the release is called.
    pub release: String,
    /// The commit of its sources.
    pub commit: String,
    /// When it was recorded, in milliseconds since 1970.
    pub recorded_ms: i64,
    /// Where its local cloud was.
    pub origin: String,
    /// Where its webhooks went.
    pub receiver: String,
    /// The demo merchant's id.
    pub merchant: String,
    /// The secrets that its local cloud made, by name.
    pub secrets: Value,
    /// The texts of its keys. They open nothing but the tables below.
    pub keys: Value,
    /// Ids of what is left half-way, by what it waits for.
    pub open: Value,
    /// What its APIs answered at the end.
    pub reads: Vec<Read>,
    /// Requests with an idempotency key, which are answered alike when they are made again.
    pub retries: Vec<Retry>,
    /// Messages of its webhook queue that were not yet taken.
    pub messages: Vec<String>,
    /// The items, by table, as DynamoDB shows them.
    pub tables: Value,
}

/// A read of the demo merchant's and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    /// The front door.
    pub api: String,
    /// The path.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// The answer.
    pub answer: Value,
}

/// A request with an idempotency key and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Retry {
    /// The front door.
    pub api: String,
    /// The path.
    pub path: String,
    /// The key; in `checkout` the order's number.
    pub key: String,
    /// The body.
    pub body: Value,
    /// The answer.
    pub answer: Value,
}
