//! API Gateway: HTTP requests become HTTP API events (payload format 2.0) by the templates' routes.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    functions::{Functions, InvokeError},
    template::{ACCOUNT, Route, find_route},
};

/// Largest body that API Gateway takes, in bytes.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The front of all the APIs.
#[derive(Clone)]
pub struct Front {
    functions: Functions,
    apis: Arc<std::collections::BTreeMap<String, Vec<Route>>>,
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({"message": text}))).into_response()
}

impl Front {
    /// A front for these APIs.
    pub fn new(functions: Functions, apis: std::collections::BTreeMap<String, Vec<Route>>) -> Self {
        Self {
            functions,
            apis: Arc::new(apis),
        }
    }

    /// Answers a request under `/<api>/…`.
    pub async fn handle(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let (api, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let path = format!("/{rest}");
        let Some(routes) = self.apis.get(api) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let Some((route, parameters)) = find_route(routes, parts.method.as_str(), &path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        };
        let event = Event {
            method: parts.method.as_str(),
            path: &path,
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            route,
            parameters: &parameters,
            body: &body,
        };
        match self
            .functions
            .invoke(&route.function, Bytes::from(event.to_json().to_string()))
            .await
        {
            Ok(answer) => respond(&answer).unwrap_or_else(|| {
                eprintln!(
                    "{}: its answer is not one that API Gateway understands",
                    route.function
                );
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }),
            Err(error) => {
                eprintln!("{}: {error}", route.function);
                match error {
                    InvokeError::TimedOut(_) | InvokeError::Throttled(_) => {
                        message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
                    }
                    InvokeError::Unknown(_)
                    | InvokeError::Failed(_)
                    | InvokeError::Died(_)
                    | InvokeError::NotStarted(..) => {
                        message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
                    }
                }
            }
        }
    }
}

struct Event<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    route: &'a Route,
    parameters: &'a [(String, String)],
    body: &'a Bytes,
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
        .next()
        .map(|(k, _)| k.into_owned())
        .unwrap_or_default()
}

impl Event<'_> {
    fn to_json(&self) -> Value {
        let mut headers = Map::new();
        for name in self.headers.keys().filter(|name| *name != header::COOKIE) {
            let values: Vec<_> = self
                .headers
                .get_all(name)
                .iter()
                .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
                .collect();
            headers.insert(name.to_string(), Value::String(values.join(",")));
        }
        let route_key = match (&self.route.method, &self.route.path) {
            (Some(method), Some(path)) => format!("{} {path}", method.to_uppercase()),
            _ => "$default".to_owned(),
        };
        let text = |name: HeaderName| {
            self.headers
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default()
        };
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "domainName": text(header::HOST),
                "domainPrefix": "local",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": text(header::USER_AGENT),
                },
                "requestId": uuid::Uuid::new_v4().to_string(),
                "routeKey": route_key,
                "stage": "$default",
                "time": "01/Jan/1970:00:00:00 +0000",
                "timeEpoch": u64::try_from(now.as_millis()).unwrap_or_default(),
            },
            "isBase64Encoded": false,
        });
        let cookies: Vec<&str> = self
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .collect();
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies.iter().flat_map(|c| c.split("; ")).collect::<Vec<_>>());
        }
        if !self.query.is_empty() {
            let mut query: Map<String, Value> = Map::new();
            for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
                let joined = match query.get(name.as_ref()).and_then(Value::as_str) {
                    Some(before) => format!("{before},{value}"),
                    None => value.into_owned(),
                };
                query.insert(name.into_owned(), Value::String(joined));
            }
            event["queryStringParameters"] = Value::Object(query);
        }
        if !self.parameters.is_empty() {
            let parameters = self
                .parameters
                .iter()
                .map(|(k, v)| (k.clone(), Value::String(percent_decoded(v))));
            event["pathParameters"] = Value::Object(parameters.collect());
        }
        if !self.body.is_empty() {
            let textual = is_textual(text(header::CONTENT_TYPE));
            match std::str::from_utf8(self.body) {
                Ok(body) if textual => event["body"] = json!(body),
                _ => {
                    event["body"] = json!(STANDARD.encode(self.body));
                    event["isBase64Encoded"] = json!(true);
                }
            }
        }
        event
    }
}

/// The types whose bodies API Gateway passes on as text.
fn is_textual(content_type: &str) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.is_empty()
        || kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// The response that a function's answer describes.
fn respond(answer: &[u8]) -> Option<Response> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let status = u16::try_from(answer["statusCode"].as_u64()?).ok()?;
    let mut response = Response::builder().status(StatusCode::from_u16(status).ok()?);
    let headers = response.headers_mut()?;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        headers.insert(
            HeaderName::try_from(name).ok()?,
            HeaderValue::from_str(value.as_str()?).ok()?,
        );
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            let value = HeaderValue::from_str(value.as_str()?).ok()?;
            if answer["headers"].get(name).is_none() {
                headers.append(HeaderName::try_from(name).ok()?, value);
            }
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie.as_str()?).ok()?);
    }
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"].as_bool() == Some(true) {
        STANDARD.decode(text).ok()?
    } else {
        text.as_bytes().to_vec()
    };
    response.body(Body::from(body)).ok()
}
