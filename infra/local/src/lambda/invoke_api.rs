//! Lambda's Invoke API, for `cargo lambda invoke` and `aws lambda invoke --endpoint-url`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use super::{
    invocation::FunctionError,
    pool::{Lambda, PAYLOAD_BYTES_MAX},
};
use crate::{aws::function_arn, logs::log};

/// Lambda's largest payload of an asynchronous event.
const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// How much of a payload that is too large is read, so that the caller gets to know that it was refused.
const REFUSED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Tries of an asynchronous event that fails, as on Lambda.
const EVENT_TRIES_MAX: u32 = 3;
/// How long an asynchronous event is kept that is throttled.
const EVENT_AGE_MAX: Duration = Duration::from_hours(6);
/// The wait before a throttled event is tried again; it doubles with each try.
const THROTTLED_WAIT_MIN: Duration = Duration::from_secs(1);
const THROTTLED_WAIT_MAX: Duration = Duration::from_mins(5);

pub(crate) fn router(lambda: Arc<Lambda>) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .route("/2015-03-31/functions", get(list))
        .route("/2015-03-31/functions/", get(list))
        .layer(DefaultBodyLimit::max(REFUSED_BYTES_MAX))
        .with_state(lambda)
}

/// `ListFunctions`: the names, all on one page.
async fn list(State(lambda): State<Arc<Lambda>>) -> Response {
    let functions: Vec<_> = lambda
        .names()
        .iter()
        .map(|name| json!({"FunctionName": name, "FunctionArn": function_arn(name)}))
        .collect();
    axum::Json(json!({"Functions": functions})).into_response()
}

async fn invoke(
    State(lambda): State<Arc<Lambda>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    // The name may be an ARN or have a qualifier.
    let name = name.rsplit("function:").next().unwrap_or(&name);
    let name = name.split(':').next().unwrap_or(name).to_owned();
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    let kind =
        headers.get("x-amz-invocation-type").and_then(|kind| kind.to_str().ok()).unwrap_or("RequestResponse");
    if !lambda.names().contains(&name.as_str()) {
        return refusal(&FunctionError::Unknown(name));
    }
    if kind == "DryRun" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let (invocation_type, bytes_max) = match kind {
        "Event" => ("Event", EVENT_BYTES_MAX),
        _ => ("RequestResponse", PAYLOAD_BYTES_MAX),
    };
    let bytes = payload.len();
    if bytes > bytes_max {
        return refusal(&FunctionError::TooLarge { bytes, invocation_type, bytes_max });
    }
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return answer(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }
    if kind == "Event" {
        tokio::spawn(run_event(lambda, name, payload));
        return StatusCode::ACCEPTED.into_response();
    }
    let version = ("x-amz-executed-version", "$LATEST");
    match lambda.invoke(&name, payload).await {
        Ok(answer) => ([version], answer).into_response(),
        Err(FunctionError::Failed { payload }) => {
            ([version, ("x-amz-function-error", "Unhandled")], payload).into_response()
        }
        Err(error) => refusal(&error),
    }
}

/// Runs an asynchronous event: again if it fails, and later if it is throttled.
async fn run_event(lambda: Arc<Lambda>, name: String, payload: Bytes) {
    let began = Instant::now();
    let (mut tries, mut wait) = (0, THROTTLED_WAIT_MIN);
    while tries < EVENT_TRIES_MAX && began.elapsed() < EVENT_AGE_MAX {
        match lambda.invoke(&name, payload.clone()).await {
            Ok(_) => return,
            Err(FunctionError::Throttled) => {
                tokio::time::sleep(wait).await;
                wait = THROTTLED_WAIT_MAX.min(wait * 2);
            }
            Err(_) => tries += 1,
        }
    }
    log(&name, "an asynchronous event was given up");
}

fn refusal(error: &FunctionError) -> Response {
    let (status, kind) = match error {
        FunctionError::Unknown(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        FunctionError::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        FunctionError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException"),
        FunctionError::Failed { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "ServiceException"),
    };
    answer(status, kind, &error.to_string())
}

fn answer(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let body = json!({"Type": "User", "Message": message}).to_string();
    (status, [("x-amzn-errortype", kind), ("content-type", "application/json")], body).into_response()
}
