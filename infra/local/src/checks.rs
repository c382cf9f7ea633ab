//! The endpoint in front of DynamoDB that functions are given.
//!
//! It refuses calls that the function's policies do not allow, as IAM would. For tests it can also answer eventually
//! consistent reads as if nothing had been written yet, which DynamoDB allows: a wrong decision based on such a read then
//! fails a test.
//!
//! Of a request it reads only what says what it touches, and it passes the rest on.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::{
    aws_json::{JSON, error},
    dynamodb_rules,
    iam::{Caller, LeadingKeys, Need, PartitionKeys, Roles, needs},
    logs::log,
};

/// DynamoDB's own limit of a request.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The key that every function reads when it starts, even if it may not.
const WARM_UP_KEY: &str = "WARM-UP";

/// What the local cloud checks beyond what AWS does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Answer eventually consistent reads as if nothing had been written yet: lists are empty.
    pub stale_reads: bool,
}

/// The stalest answer to an eventually consistent read; `None` for any other call.
fn stale_answer(operation: &str, body: &Value) -> Option<Value> {
    let consistent = |part: &Value| part["ConsistentRead"] == true;
    match operation {
        "GetItem" if !consistent(body) => Some(json!({})),
        "Query" | "Scan" if !consistent(body) => Some(json!({"Items": [], "Count": 0, "ScannedCount": 0})),
        "BatchGetItem" => {
            let mut tables = body["RequestItems"].as_object()?.values();
            tables.any(|part| !consistent(part)).then(|| json!({"Responses": {}, "UnprocessedKeys": {}}))
        }
        _ => None,
    }
}

struct Front {
    dynamodb: String,
    client: reqwest::Client,
    checks: Checks,
    roles: Arc<Roles>,
    partition_keys: PartitionKeys,
}

/// The endpoint in front of DynamoDB's, which is at the URL `dynamodb`.
pub(crate) fn router(
    dynamodb: String,
    checks: Checks,
    roles: Arc<Roles>,
    partition_keys: PartitionKeys,
) -> Router {
    let client = reqwest::Client::new();
    Router::new()
        .route("/", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Front { dynamodb, client, checks, roles, partition_keys }))
}

async fn call(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let operation = target.and_then(|t| t.rsplit('.').next()).unwrap_or_default();
    if let Some(refusal) = front.refusal(&caller, operation, &body) {
        return refusal;
    }
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = dynamodb_rules::refusal(operation, &read) {
        return refusal;
    }
    let stale = stale_answer(operation, &read).filter(|_| front.checks.stale_reads);
    if let Some(answer) = stale {
        return (JSON, answer.to_string()).into_response();
    }
    match front.forward(&headers, body).await {
        Ok(answer) => answer,
        Err(error) => {
            log("dynamodb", &error.to_string());
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

/// Whether it is a function's first read. Refused or not, it has opened the connection, which is its purpose: no function
/// needs a grant for it.
fn is_warm_up(need: &Need) -> bool {
    matches!(&need.leading_keys, LeadingKeys::Of(keys) if keys.iter().all(|key| key == WARM_UP_KEY))
}

impl Front {
    /// The answer to a call that the caller may not make.
    fn refusal(&self, caller: &Caller, operation: &str, body: &Bytes) -> Option<Response> {
        let Some(needs) = needs(operation, body, &self.partition_keys) else {
            return Some(error("SerializationException", "The body of the request can't be read."));
        };
        let refusal = if needs.iter().all(is_warm_up) {
            self.roles.refusal_unrecorded(caller, &needs)?
        } else {
            let refusal = self.roles.refusal(caller, &needs)?;
            log("iam", &refusal);
            refusal
        };
        Some(error("AccessDeniedException", &refusal))
    }

    async fn forward(&self, headers: &HeaderMap, body: Bytes) -> Result<Response, reqwest::Error> {
        let mut request = self.client.post(&self.dynamodb).body(body);
        for (name, value) in headers {
            if name != "host" && name != "content-length" {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        Ok((status, headers, Body::from(answer.bytes().await?)).into_response())
    }
}
