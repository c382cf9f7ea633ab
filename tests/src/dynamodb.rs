//! DynamoDB asked directly, past the store: what an earlier release wrote, and what a test would wait too long for. And
//! Amazon's own DynamoDB Local, where the store tests run on it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// A text as an attribute.
pub fn s(text: &str) -> Value {
    json!({ "S": text })
}

/// A number as an attribute.
pub fn n(number: i64) -> Value {
    json!({"N": number.to_string()})
}

/// Asks an operation of the local DynamoDB at `url`.
pub async fn ask(url: &str, operation: &str, body: &Value) -> Value {
    let (status, answer) = try_ask(&reqwest::Client::new(), url, operation, body).await;
    assert!(status.is_success(), "{operation}: {answer}");
    answer
}

/// Asks an operation with a client; returns the answer's status and body.
pub async fn try_ask(
    client: &reqwest::Client,
    url: &str,
    operation: &str,
    body: &Value,
) -> (reqwest::StatusCode, Value) {
    let request = client
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// The URL of Amazon's DynamoDB Local, if the store tests are to run on it: `TOLLGATE_TEST_DYNAMODB`.
pub fn amazons() -> Option<String> {
    std::env::var("TOLLGATE_TEST_DYNAMODB").ok().filter(|url| !url.is_empty())
}

/// A DynamoDB Local that its callers share, each of which has a database of its own.
#[derive(Clone)]
struct Shared {
    url: String,
    client: reqwest::Client,
    access_key: String,
}

/// The URL of an empty database in Amazon's DynamoDB Local at `url`, which keeps a database for each access key: what comes
/// here goes there under a key that no other test has.
pub async fn own_database(url: &str) -> String {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let access_key = format!("T{:x}n{}", since.as_nanos(), OPENED.fetch_add(1, Ordering::Relaxed));
    let shared = Shared { url: url.to_owned(), client: reqwest::Client::new(), access_key };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass_on).with_state(shared);
    tokio::spawn(async move { axum::serve(listener, router).await });
    own
}

async fn pass_on(State(shared): State<Shared>, mut headers: HeaderMap, body: Bytes) -> Response {
    let signed = headers["authorization"].to_str().unwrap();
    let (before, credential) = signed.split_once("Credential=").unwrap();
    let (_, scope) = credential.split_once('/').unwrap();
    let signed = format!("{before}Credential={}/{scope}", shared.access_key);
    headers.insert("authorization", HeaderValue::from_str(&signed).unwrap());
    headers.remove("host");
    let answer = shared.client.post(&shared.url).headers(headers).body(body).send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    (status, headers, answer.bytes().await.unwrap()).into_response()
}
