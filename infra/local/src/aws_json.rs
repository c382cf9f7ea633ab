//! AWS's JSON protocol 1.0: what DynamoDB's and SQS's answers have in common.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The content type of an answer.
pub(crate) const JSON: [(&str, &str); 1] = [("content-type", "application/x-amz-json-1.0")];

/// A refusal, with the name of the exception.
pub(crate) fn error(kind: &str, text: &str) -> Response {
    let kind = format!("com.amazon.coral.service#{kind}");
    let body = json!({"__type": kind, "Message": text}).to_string();
    (StatusCode::BAD_REQUEST, JSON, body).into_response()
}
