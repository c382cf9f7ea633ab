//! An endpoint in front of DynamoDB that checks the functions' calls, for tests.
//!
//! It refuses calls that the function's policies do not grant, as IAM would. It can also answer eventually consistent reads
//! as if nothing had been written yet, which DynamoDB allows: a wrong decision based on such a read then fails a test.
//!
//! Without checks functions call DynamoDB's endpoint directly.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::{
    aws_json::{JSON, error},
    dynamodb_rules,
    grants::{Grants, caller, required_actions},
    logs::log,
};

/// DynamoDB's own limit of a request.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The key that every function reads when it starts, even without a grant.
const WARM_UP_KEY: &str = "WARM-UP";

/// What the local cloud checks beyond running the functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Refuse calls of DynamoDB that the function's policies do not grant.
    pub grants: bool,
    /// Answer eventually consistent reads as if nothing had been written yet: lists are empty.
    pub stale_reads: bool,
}

impl Checks {
    /// Whether functions need the endpoint of this module.
    pub(crate) fn any(self) -> bool {
        self.grants || self.stale_reads
    }
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
    grants: Grants,
}

/// The endpoint in front of DynamoDB's, which is at the URL `dynamodb`.
pub(crate) fn router(dynamodb: String, checks: Checks, grants: Grants) -> Router {
    let client = reqwest::Client::new();
    Router::new()
        .route("/", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Front { dynamodb, client, checks, grants }))
}

async fn call(State(front): State<Arc<Front>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let operation = target.and_then(|t| t.rsplit('.').next()).unwrap_or_default();
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = dynamodb_rules::refusal(operation, &read) {
        return refusal;
    }
    if front.checks.grants {
        let refusal = required_actions(operation, &read)
            .iter()
            .find_map(|(action, resource)| front.grants.refusal(caller(&headers), action, resource));
        if let Some(refusal) = refusal {
            // A refused warm-up has opened the connection, which is its purpose.
            if read["Key"]["pk"]["S"] != WARM_UP_KEY {
                log("grants", &refusal);
            }
            return error("AccessDeniedException", &refusal);
        }
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

impl Front {
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
        Ok((status, headers, answer.bytes().await?).into_response())
    }
}
