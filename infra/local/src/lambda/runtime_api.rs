//! The Runtime API: a function's process asks it for an invocation and posts the answer.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use serde_json::json;

use super::{
    instance::Instance,
    invocation::{FunctionError, Outcome, Verdict},
};
use crate::{
    aws::{function_arn, trace_id},
    clock,
    logs::log,
};

/// Lambda's largest answer.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;
/// How much of a larger answer is read, so that the function gets to know that it was refused.
const REFUSED_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Called when an instance has answered and can take the next invocation.
pub(super) type OnReleased = Box<dyn Fn(&Arc<Instance>) + Send + Sync>;

struct Endpoint {
    instance: Arc<Instance>,
    on_released: OnReleased,
}

type Shared = State<Arc<Endpoint>>;

/// The endpoint of one instance.
pub(super) fn routes(instance: Arc<Instance>, on_released: OnReleased) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(ANSWER_BYTES_MAX))
        .with_state(Arc::new(Endpoint { instance, on_released }))
}

async fn next(State(endpoint): Shared) -> Response {
    let picked_up = endpoint.instance.next().await;
    let function = &endpoint.instance.function;
    let deadline_ms = clock::now_ms() + u64::try_from(picked_up.timeout.as_millis()).unwrap_or(u64::MAX / 2);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", picked_up.id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", function_arn(&function.name)),
        ("lambda-runtime-trace-id", trace_id()),
    ];
    (headers, picked_up.payload).into_response()
}

async fn response(
    State(endpoint): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match to_bytes(body, REFUSED_ANSWER_BYTES_MAX).await {
        Ok(body) if body.len() <= ANSWER_BYTES_MAX => finish(&endpoint, &id, Ok(body)),
        Err(_) if announced.is_none_or(|bytes| bytes <= ANSWER_BYTES_MAX) => {
            // The process ended while it answered.
            StatusCode::BAD_REQUEST.into_response()
        }
        Ok(_) | Err(_) => refuse_large(&endpoint, &id),
    }
}

/// Fails the invocation whose answer is too large. The process goes on.
fn refuse_large(endpoint: &Endpoint, id: &str) -> Response {
    let limit = format!("maximum allowed payload size ({ANSWER_BYTES_MAX} bytes).");
    let reason = format!("Response payload size exceeded {limit}");
    log(&endpoint.instance.function.name, &reason);
    let finished = finish(endpoint, id, Err(FunctionError::failed("Function.ResponseSizeTooLarge", &reason)));
    if finished.status() != StatusCode::ACCEPTED {
        return finished;
    }
    let told = json!({"errorMessage": format!("Exceeded {limit}"), "errorType": "RequestEntityTooLarge"});
    (StatusCode::PAYLOAD_TOO_LARGE, told.to_string()).into_response()
}

async fn error(State(endpoint): Shared, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers
        .get("lambda-runtime-function-error-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("Unhandled");
    log(
        &endpoint.instance.function.name,
        &format!("invocation failed ({kind}): {}", String::from_utf8_lossy(&body)),
    );
    finish(&endpoint, &id, Err(FunctionError::Failed { payload: body }))
}

fn finish(endpoint: &Endpoint, id: &str, outcome: Outcome) -> Response {
    let Some(invocation) = endpoint.instance.take_answered(id) else {
        return (StatusCode::BAD_REQUEST, "{\"errorType\":\"InvalidRequestID\"}").into_response();
    };
    // Before the answer: a caller who has it may invoke again at once, and this process is free.
    (endpoint.on_released)(&endpoint.instance);
    invocation.finish(outcome);
    (StatusCode::ACCEPTED, "{\"status\":\"OK\"}").into_response()
}

async fn init_error(State(endpoint): Shared, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body);
    log(&endpoint.instance.function.name, &format!("initialisation failed: {text}"));
    endpoint.instance.kill_because(Verdict::exit(format!("Runtime init failed: {text}")));
    StatusCode::ACCEPTED.into_response()
}
