//! DynamoDB asked directly, past the store: what an earlier release wrote, and what a test would wait too long for.

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
    let request = reqwest::Client::new()
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
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{operation}: {text}");
    serde_json::from_str(&text).unwrap()
}
