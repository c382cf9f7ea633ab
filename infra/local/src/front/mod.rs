//! The HTTP front: API Gateway's HTTP APIs, each under its name as the first segment of the path.

mod event;
mod line;
mod path;
mod reply;
mod routes;
mod throttle;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header::CONTENT_LENGTH, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    lambda::{FunctionError, Lambda},
    logs::{self, RequestLine},
    template::Api,
};
use routes::Table;
use throttle::Bucket;

/// API Gateway's largest request body.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// API Gateway's time limit of an integration.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// API Gateway's largest request line and header values, together.
const HEADER_BYTES_MAX: usize = 10_240;

struct Front {
    lambda: Arc<Lambda>,
    apis: HashMap<String, Stage>,
}

/// The routes of an API, and how many requests it takes.
struct Stage {
    table: Table,
    bucket: Option<Bucket>,
}

impl Stage {
    fn new(api: &Api) -> Self {
        let bucket = api.throttle.map(|throttle| Bucket::new(throttle, Instant::now()));
        Self { table: Table::new(&api.routes), bucket }
    }
}

/// Serves `/<api>/<path>`: every path that no other route of the local cloud has.
pub(crate) fn router(lambda: Arc<Lambda>, apis: &[Api]) -> Router {
    let apis = apis.iter().map(|api| (api.name.clone(), Stage::new(api))).collect();
    Router::new().fallback(answer).with_state(Arc::new(Front { lambda, apis }))
}

/// The answer to an unknown path.
pub(crate) fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not Found")
}

/// An answer of API Gateway itself.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    let body = serde_json::json!({"message": text}).to_string();
    (status, [("content-type", "application/json")], body).into_response()
}

async fn answer(
    State(front): State<Arc<Front>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let mut line = line::begin(request.method(), request.uri().path());
    let response = handle(&front, peer, request, &mut line).await;
    line.status = response.status().as_u16();
    line.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    logs::request(&line);
    response
}

async fn handle(front: &Front, peer: SocketAddr, request: Request, line: &mut RequestLine) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let Some((name, within)) = path::split(path) else {
        return not_found();
    };
    let Some(stage) = front.apis.get(name) else {
        return not_found();
    };
    if header_bytes(&parts) > HEADER_BYTES_MAX {
        return message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    let Some(raw_path) = path::decode(within) else {
        return message(StatusCode::BAD_REQUEST, "Bad Request");
    };
    let Some(route_match) = stage.table.find(parts.method.as_str(), &raw_path) else {
        return not_found();
    };
    line::route(line, name, path.strip_suffix(within).unwrap_or_default(), &raw_path, &route_match);
    if stage.bucket.as_ref().is_some_and(|bucket| !bucket.take(Instant::now())) {
        return message(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
    }
    let Some(body) = read_body(&parts.headers, body).await else {
        return too_large();
    };
    let event = event::build(name, &raw_path, &route_match, &parts, &body, peer);
    let payload = Bytes::from(event.to_string());
    let function = &route_match.route.function;
    match tokio::time::timeout(INTEGRATION_TIMEOUT, front.lambda.invoke(function, payload)).await {
        Ok(Ok(answer)) => {
            line.code = line::error_code(&answer);
            reply::build(&answer).unwrap_or_else(|| {
                logs::log(function, "the function's answer is not an HTTP response");
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            })
        }
        Ok(Err(FunctionError::Throttled)) | Err(_) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        // The event is larger than the body: Base64 adds a third.
        Ok(Err(FunctionError::TooLarge { .. })) => too_large(),
        Ok(Err(error @ (FunctionError::Unknown(_) | FunctionError::Failed { .. }))) => {
            logs::log(function, &error.to_string());
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

fn too_large() -> Response {
    message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

/// The bytes of the request line and of the headers' values.
fn header_bytes(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let request_line = parts.method.as_str().len() + target + format!("  {:?}", parts.version).len();
    request_line + parts.headers.values().map(|value| value.as_bytes().len()).sum::<usize>()
}

/// The body; `None` if it is too large. It is not read if its length is announced as too large.
async fn read_body(headers: &axum::http::HeaderMap, body: Body) -> Option<Bytes> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return None;
    }
    to_bytes(body, BODY_BYTES_MAX).await.ok()
}
