//! Reads API Gateway's events. `lambda_http` parses the query string as part of a URI and panics if it is not valid there: a
//! `"`, `<` or `>` from a client would be a 500 without the API's error body.

use std::{collections::HashMap, future::Future, pin::Pin};

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Body, Error as LambdaError, LambdaEvent, Response,
    http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE},
    lambda_runtime, service_fn,
};
use serde::Deserialize;

use crate::request::Request;

/// The parts of an HTTP API's event (payload version 2.0) that make a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<HashMap<String, String>>,
    path_parameters: Option<HashMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    http: Http,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
}

impl From<Event> for Request {
    fn from(event: Event) -> Self {
        let query = event.raw_query_string.unwrap_or_default();
        let mut headers = HeaderMap::new();
        for (name, value) in event.headers.unwrap_or_default() {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                // An invalid value is kept as an empty one, because it matters that the header was sent.
                let value = HeaderValue::from_bytes(value.as_bytes());
                headers.append(name, value.unwrap_or_else(|_| HeaderValue::from_static("")));
            }
        }
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            // API Gateway encodes binary bodies as base64. An invalid one is kept as it is; no route accepts it.
            STANDARD.decode(&body).unwrap_or_else(|_| body.into_bytes())
        } else {
            body.into_bytes()
        };
        Self {
            id: String::new(),
            method: event.request_context.http.method,
            path: event.raw_path.unwrap_or_default(),
            path_parameters: event.path_parameters.unwrap_or_default(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers,
            body,
        }
    }
}

fn answer(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = i64::from(parts.status.as_u16());
    // API Gateway sends cookies as a separate list.
    let cookies = parts.headers.get_all(SET_COOKIE).iter();
    answer.cookies = cookies.filter_map(|cookie| cookie.to_str().ok().map(str::to_owned)).collect();
    parts.headers.remove(SET_COOKIE);
    answer.headers = parts.headers;
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.body = Some(body).filter(|body| !matches!(body, Body::Empty));
    answer
}

type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, LambdaError>> + Send>>;
/// Answers a request. It is boxed so that Lambda's runtime is compiled here once, not for every route.
pub(crate) type Handle = Box<dyn Fn(Request) -> Answered + Send + Sync>;

/// Sets up logging and runs a function on one thread: Lambda sends it one request at a time.
pub(crate) fn block_on(
    function: Pin<Box<dyn Future<Output = Result<(), LambdaError>>>>,
) -> Result<(), LambdaError> {
    crate::init_logs();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(function)
}

pub(crate) async fn answer_requests(handle: Handle) -> Result<(), LambdaError> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        let answered = handle(event.payload.into());
        async move { Ok::<_, LambdaError>(answer(answered.await?)) }
    }))
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: serde_json::Value) -> Request {
        serde_json::from_value::<Event>(event).unwrap().into()
    }

    #[test]
    fn whatever_a_query_string_or_a_header_holds_the_event_reads() {
        for query in ["a=\"<x>\"", "a=%", "a=%zz&b", "a=%ff", "{}|\\^`", "a=ü", "&&=&=="] {
            let request = read(json!({
                "rawPath": "/v1/\"x\"",
                "rawQueryString": query,
                "headers": {"x-umlaut": "ü", "bad name": "x", "x-bad": "a\u{1}b"},
                "requestContext": {"http": {"method": "GET"}},
            }));
            assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/v1/\"x\""));
            assert!(request.has_header("x-bad") && request.has_header("x-umlaut"));
        }
        assert_eq!(
            read(json!({"rawQueryString": "a=\"<x>\"&b=%"})).query(),
            [("a".to_owned(), "\"<x>\"".to_owned()), ("b".to_owned(), "%".to_owned())]
        );
    }

    #[test]
    fn bodies_are_read_as_text_and_as_base64() {
        assert_eq!(read(json!({"body": "{}"})).body(), b"{}");
        assert_eq!(read(json!({"body": "AP8=", "isBase64Encoded": true})).body(), [0, 255]);
        assert_eq!(read(json!({"body": null, "headers": null})).body(), b"");
    }

    #[test]
    fn an_answer_has_api_gateways_shape() {
        let response = Response::builder()
            .status(201)
            .header("x-a", "b")
            .header("set-cookie", "c=d")
            .body(Body::Text("{}".into()))
            .unwrap();
        let json = serde_json::to_value(answer(response)).unwrap();
        assert_eq!((&json["statusCode"], &json["body"]), (&json!(201), &json!("{}")));
        assert_eq!((&json["headers"], &json["cookies"]), (&json!({"x-a": "b"}), &json!(["c=d"])));
    }
}
