//! Lambda's Invoke API, for `cargo lambda invoke` and `aws lambda invoke --endpoint-url`.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

use super::{FunctionError, Lambda};

/// Lambda's limit of a synchronous request.
const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Lambda tries an asynchronous event twice more.
const ASYNCHRONOUS_TRIES: u32 = 3;

pub(crate) fn router(lambda: Arc<Lambda>) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(DefaultBodyLimit::max(PAYLOAD_BYTES_MAX))
        .with_state(lambda)
}

async fn invoke(
    State(lambda): State<Arc<Lambda>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    // A name may come as an ARN or with a qualifier.
    let name = name.rsplit("function:").next().unwrap_or(&name);
    let name = name.split(':').next().unwrap_or(name).to_owned();
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    let kind =
        headers.get("x-amz-invocation-type").and_then(|kind| kind.to_str().ok()).unwrap_or("RequestResponse");
    if kind == "DryRun" {
        return StatusCode::NO_CONTENT.into_response();
    }
    if kind == "Event" {
        tokio::spawn(async move {
            for _ in 0..ASYNCHRONOUS_TRIES {
                if lambda.invoke(&name, payload.clone()).await.is_ok() {
                    break;
                }
            }
        });
        return StatusCode::ACCEPTED.into_response();
    }
    let version = ("x-amz-executed-version", "$LATEST");
    match lambda.invoke(&name, payload).await {
        Ok(answer) => ([version], answer).into_response(),
        Err(FunctionError::Failed { payload }) => {
            ([version, ("x-amz-function-error", "Unhandled")], payload).into_response()
        }
        Err(error @ FunctionError::Unknown(_)) => {
            refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &error)
        }
        Err(error @ FunctionError::Throttled) => {
            refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", &error)
        }
    }
}

fn refusal(status: StatusCode, kind: &'static str, error: &FunctionError) -> Response {
    let body = json!({"Type": "User", "Message": error.to_string()}).to_string();
    (status, [("x-amzn-errortype", kind), ("content-type", "application/json")], body).into_response()
}
