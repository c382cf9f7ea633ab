//! The endpoint in front of DynamoDB's.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{fault::Fault, faults::Faults, replica::Replica};
use crate::{dynamodb_rules, logs::log};

/// DynamoDB's own limit of a request.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

struct Endpoint {
    dynamodb: String,
    client: reqwest::Client,
    faults: Arc<Faults>,
    replica: Option<Arc<Replica>>,
}

/// The endpoint: calls go to the URL `dynamodb`, and eventually consistent reads to the replica, if there is one.
pub fn router(dynamodb: &str, faults: Arc<Faults>, replica: Option<Arc<Replica>>) -> Router {
    let endpoint =
        Endpoint { dynamodb: dynamodb.to_owned(), client: reqwest::Client::new(), faults, replica };
    Router::new()
        .route("/", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(endpoint))
}

async fn call(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = dynamodb_rules::refusal(operation, &read) {
        return refusal;
    }
    let fault = endpoint.faults.next(operation, &read);
    if let Some(fault) = fault.filter(|fault| !fault.takes_effect()) {
        return fault.answer(operation, &read).unwrap_or_else(bad_gateway);
    }
    if fault == Some(Fault::Unprocessed) {
        return endpoint.read_in_part(&headers, read).await;
    }
    let url = match &endpoint.replica {
        Some(replica) if is_eventual(operation, &read) => replica.url(),
        _ => &endpoint.dynamodb,
    };
    let answer =
        endpoint.forward(url, &headers, body).await.unwrap_or_else(|error| unreachable_table(&error));
    fault.and_then(|fault| fault.answer(operation, &read)).unwrap_or(answer)
}

/// Whether DynamoDB may answer the call from a copy that lags.
fn is_eventual(operation: &str, body: &Value) -> bool {
    let eventual = |part: &Value| part["ConsistentRead"] != true;
    match operation {
        "GetItem" | "Query" | "Scan" => eventual(body),
        "BatchGetItem" => {
            body["RequestItems"].as_object().is_some_and(|tables| tables.values().all(eventual))
        }
        _ => false,
    }
}

fn bad_gateway() -> Response {
    StatusCode::BAD_GATEWAY.into_response()
}

fn unreachable_table(error: &reqwest::Error) -> Response {
    log("dynamodb", &error.to_string());
    bad_gateway()
}

impl Endpoint {
    async fn forward(&self, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Response, reqwest::Error> {
        let mut request = self.client.post(url).body(body);
        for (name, value) in headers {
            if name != "host" && name != CONTENT_LENGTH {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        Ok((status, headers, answer.bytes().await?).into_response())
    }

    /// Reads the first half of a batch's keys, of each table, and names the others as unprocessed.
    async fn read_in_part(&self, headers: &HeaderMap, mut batch: Value) -> Response {
        let mut unprocessed = json!({});
        let mut is_first = true;
        for (table, request) in batch["RequestItems"].as_object_mut().into_iter().flatten() {
            let Some(keys) = request["Keys"].as_array_mut() else { continue };
            // At least one key of the batch is read.
            let kept = if is_first { keys.len().div_ceil(2) } else { keys.len() / 2 };
            is_first = false;
            let rest = keys.split_off(kept);
            if !rest.is_empty() {
                unprocessed[table] = request.clone();
                unprocessed[table]["Keys"] = rest.into();
            }
        }
        if let Some(tables) = batch["RequestItems"].as_object_mut() {
            tables.retain(|_, request| request["Keys"].as_array().is_some_and(|keys| !keys.is_empty()));
        }
        let answer = self.forward(&self.dynamodb, headers, batch.to_string().into()).await;
        let answer = answer.unwrap_or_else(|error| unreachable_table(&error));
        add_unprocessed(answer, unprocessed).await
    }
}

async fn add_unprocessed(answer: Response, unprocessed: Value) -> Response {
    let (mut head, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await else { return bad_gateway() };
    let Ok(mut read) = serde_json::from_slice::<Value>(&bytes) else { return bad_gateway() };
    if head.status.is_success() {
        read["UnprocessedKeys"] = unprocessed;
    }
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove("x-amz-crc32");
    Response::from_parts(head, read.to_string().into())
}
