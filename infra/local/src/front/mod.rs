//! The HTTP front: API Gateway's HTTP APIs, each under its name as the first segment of the path.

mod event;
mod line;
mod reply;
mod routes;

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
    http::{StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};

use crate::{
    lambda::{FunctionError, Lambda},
    logs::{self, RequestLine},
    template::Api,
};
use routes::Table;

/// API Gateway's limit of a request's body.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// API Gateway's limit of an integration.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

/// Clients that can be pointed to another host but not below a path find this version of this API at the root of the port.
const AT_THE_ROOT: (&str, &str) = ("v1", "intents");

struct Front {
    lambda: Arc<Lambda>,
    apis: HashMap<String, Table>,
}

/// Everything that is not the local cloud's own: `/<api>/<path>`.
pub(crate) fn router(lambda: Arc<Lambda>, apis: &[Api]) -> Router {
    let apis = apis.iter().map(|api| (api.name.clone(), Table::new(&api.routes))).collect();
    Router::new().fallback(answer).with_state(Arc::new(Front { lambda, apis }))
}

/// The answer to what nothing is served at.
pub(crate) fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not Found")
}

/// API Gateway's own answers.
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
    let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let (version, api) = AT_THE_ROOT;
    let (name, raw_path) = if name == version {
        (api, path)
    } else {
        match &path[1 + name.len()..] {
            "" => (name, "/"),
            rest => (name, rest),
        }
    };
    let Some(table) = front.apis.get(name) else {
        return not_found();
    };
    let Some(found) = table.find(parts.method.as_str(), raw_path) else {
        return not_found();
    };
    line::route(line, name, path, raw_path, &found);
    let Some(body) = read(&parts.headers, body).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = event::build(name, raw_path, &found, &parts, &body, peer);
    let payload = Bytes::from(event.to_string());
    let invocation = front.lambda.invoke(&found.route.function, payload);
    match tokio::time::timeout(INTEGRATION_LIMIT, invocation).await {
        Ok(Ok(answer)) => {
            line.code = line::error_code(&answer);
            reply::build(&answer).unwrap_or_else(|| {
                crate::log(&found.route.function, "the function's answer is not an HTTP response");
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            })
        }
        Ok(Err(FunctionError::Throttled)) | Err(_) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        Ok(Err(error)) => {
            crate::log(&found.route.function, &error.to_string());
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The body, or `None` when it is too large. What is announced too large is not read.
async fn read(headers: &axum::http::HeaderMap, body: Body) -> Option<Bytes> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return None;
    }
    to_bytes(body, BODY_BYTES_MAX).await.ok()
}
