//! The event of an HTTP API, payload version 2.0, as API Gateway makes it.
//!
//! `ApiGatewayV2httpRequest` of `aws_lambda_events` is not used: it also writes the fields of custom authorizers (`type`,
//! `httpMethod`, …), `resource` and `stageVariables`, which API Gateway leaves out here.

use std::net::SocketAddr;

use axum::http::{HeaderMap, request::Parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::routes::RouteMatch;
use crate::{
    aws::{ACCOUNT, trace_id},
    clock,
};

/// The event of a request to a route of the API.
pub(super) fn build(
    api: &str,
    raw_path: &str,
    route_match: &RouteMatch<'_>,
    parts: &Parts,
    body: &[u8],
    peer: SocketAddr,
) -> Value {
    let host = text(&parts.headers, "host").unwrap_or_else(|| "localhost".to_owned());
    let query = parts.uri.query().unwrap_or_default();
    let route_key = route_match.key();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, &host, peer),
        "requestContext": request_context(api, raw_path, &route_key, &host, parts, peer),
        "isBase64Encoded": false,
    });
    // API Gateway leaves out what is empty.
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !query.is_empty() {
        event["queryStringParameters"] = query_parameters(query);
    }
    if !route_match.variables.is_empty() {
        let variables = route_match.variables.iter().cloned();
        event["pathParameters"] = variables.map(|(name, value)| (name, Value::from(value))).collect();
    }
    if !body.is_empty() {
        set_body(&mut event, &parts.headers, body);
    }
    event
}

fn request_context(
    api: &str,
    raw_path: &str,
    route_key: &str,
    host: &str,
    parts: &Parts,
    peer: SocketAddr,
) -> Value {
    let now_ms = clock::now_ms();
    let domain = host.split(':').next().unwrap_or_default();
    json!({
        "accountId": ACCOUNT,
        "apiId": api,
        "domainName": domain,
        "domainPrefix": domain.split('.').next().unwrap_or_default(),
        "http": {
            "method": parts.method.as_str(),
            "path": raw_path,
            "protocol": format!("{:?}", parts.version),
            "sourceIp": peer.ip().to_string(),
            "userAgent": text(&parts.headers, "user-agent").unwrap_or_default(),
        },
        "requestId": uuid::Uuid::new_v4().simple().to_string(),
        "routeKey": route_key,
        "stage": "$default",
        "time": clock::common_log(now_ms),
        "timeEpoch": now_ms,
    })
}

/// Sets the body, as text or in Base64.
fn set_body(event: &mut Value, headers: &HeaderMap, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(body) if is_text(headers) => event["body"] = body.into(),
        Ok(_) | Err(_) => {
            event["body"] = STANDARD.encode(body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Names in lower case, values of one name joined by commas. Cookies are elsewhere in the event.
fn headers(headers: &HeaderMap, host: &str, peer: SocketAddr) -> Value {
    let mut map = Map::new();
    for name in headers.keys().filter(|name| *name != "cookie") {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        map.insert(name.as_str().to_owned(), values.join(",").into());
    }
    let forwarded = match map.get("x-forwarded-for").and_then(Value::as_str) {
        Some(before) => format!("{before}, {}", peer.ip()),
        None => peer.ip().to_string(),
    };
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    map.insert("x-forwarded-for".to_owned(), forwarded.into());
    map.insert("x-forwarded-port".to_owned(), port.into());
    map.insert("x-forwarded-proto".to_owned(), "http".into());
    map.entry("x-amzn-trace-id").or_insert_with(|| trace_id().into());
    map.into()
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all("cookie")
        .iter()
        .flat_map(|value| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            value.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// The parameters, decoded; values of one name are joined by commas.
fn query_parameters(query: &str) -> Value {
    let mut map = Map::<String, Value>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let joined = match map.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        map.insert(name.into_owned(), joined.into());
    }
    map.into()
}

/// Whether API Gateway passes the body as text. Forms arrive in Base64, so a function that does not decode them fails
/// here, too.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = text(headers, "content-type") else {
        return true;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(kind.as_str(), "application/json" | "application/xml" | "application/javascript")
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use axum::http::Request;

    use super::*;
    use crate::template::Route;

    fn event(request: Request<()>, body: &[u8]) -> Value {
        let route = Route {
            method: Some("POST".to_owned()),
            path: "/v1/things/{id}".to_owned(),
            function: String::new(),
        };
        let route_match = RouteMatch { route: &route, variables: vec![("id".to_owned(), "1".to_owned())] };
        let peer = SocketAddr::from(([127, 0, 0, 1], 5000));
        build("demo", "/v1/things/1", &route_match, &request.into_parts().0, body, peer)
    }

    #[test]
    fn an_event_has_api_gateways_shape() {
        let request = Request::post("/demo/v1/things/1?a=1&a=2&b=x%20y")
            .header("Host", "localhost:9000")
            .header("X-Twice", "one")
            .header("X-Twice", "two")
            .header("Cookie", "a=1; b=2")
            .header("Content-Type", "application/json; charset=utf-8")
            .body(())
            .expect("a request");
        let event = event(request, b"{}");
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["routeKey"], "POST /v1/things/{id}");
        assert_eq!(event["rawPath"], "/v1/things/1");
        assert_eq!(event["rawQueryString"], "a=1&a=2&b=x%20y");
        assert_eq!(event["queryStringParameters"], json!({"a": "1,2", "b": "x y"}));
        assert_eq!(event["pathParameters"], json!({"id": "1"}));
        assert_eq!(event["headers"]["x-twice"], "one,two");
        assert_eq!(event["headers"].get("cookie"), None);
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["requestContext"]["http"]["protocol"], "HTTP/1.1");
        assert_eq!(event["requestContext"]["stage"], "$default");
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    }

    #[test]
    fn forms_and_bytes_arrive_in_base64() {
        for (kind, body) in [
            ("application/x-www-form-urlencoded", "a=1".as_bytes()),
            ("application/json", b"\xff\xfe".as_slice()),
        ] {
            let request = Request::post("/").header("Content-Type", kind).body(()).expect("a request");
            let event = event(request, body);
            assert_eq!(event["body"], STANDARD.encode(body));
            assert_eq!(event["isBase64Encoded"], true);
        }
    }

    /// The example of AWS's documentation of payload 2.0, without what this API's routes have none of: a client's
    /// certificate (`authentication`), an `authorizer`, `stageVariables`.
    fn documented() -> Value {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/my/path",
            "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
            "cookies": ["cookie1", "cookie2"],
            "headers": {"header1": "value1", "header2": "value1,value2"},
            "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api-id",
                "domainName": "id.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "id",
                "http": {
                    "method": "POST",
                    "path": "/my/path",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "agent",
                },
                "requestId": "id",
                "routeKey": "$default",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_583_348_638_390_u64,
            },
            "body": "Hello from Lambda",
            "pathParameters": {"parameter1": "value1"},
            "isBase64Encoded": false,
        })
    }

    /// The request of the documentation's example.
    fn documented_request() -> Value {
        let query = "parameter1=value1&parameter1=value2&parameter2=value";
        let request = Request::post(format!("/api-id/my/path?{query}"))
            .header("Host", "id.execute-api.us-east-1.amazonaws.com")
            .header("Cookie", "cookie1; cookie2")
            .header("Header1", "value1")
            .header("Header2", "value1")
            .header("Header2", "value2")
            .header("User-Agent", "agent")
            .body(())
            .expect("a request");
        let route = Route { method: None, path: "$default".to_owned(), function: String::new() };
        let variables = vec![("parameter1".to_owned(), "value1".to_owned())];
        let route_match = RouteMatch { route: &route, variables };
        let peer = SocketAddr::from(([192, 0, 2, 1], 5000));
        build("api-id", "/my/path", &route_match, &request.into_parts().0, b"Hello from Lambda", peer)
    }

    #[test]
    fn the_documentations_example_is_made_field_by_field() {
        let (mut event, mut expected) = (documented_request(), documented());
        // API Gateway adds headers of its own, which the example leaves out.
        let headers = event["headers"].as_object_mut().expect("headers");
        headers.retain(|name, _| name.starts_with("header"));
        let context = event["requestContext"].as_object_mut().expect("a context");
        // What another request has another of: the same kind of value, and the time's form.
        let mut of_request = |name: &str| context.insert(name.to_owned(), Value::Null).unwrap_or_default();
        assert!(of_request("requestId").is_string() && of_request("accountId").is_string());
        let (time, epoch) = (of_request("time"), of_request("timeEpoch"));
        assert_eq!(time, clock::common_log(epoch.as_u64().expect("milliseconds")));
        for name in ["requestId", "accountId", "time", "timeEpoch"] {
            expected["requestContext"][name] = Value::Null;
        }
        assert_eq!(event, expected);
    }

    #[test]
    fn the_documentations_example_reads_as_lambdas_type() {
        let read = |event: Value| {
            let event: ApiGatewayV2httpRequest = serde_json::from_value(event).expect("an event");
            let context = event.request_context;
            let http = context.http;
            (
                (event.version, event.route_key, event.raw_path, event.raw_query_string, event.cookies),
                (event.query_string_parameters, event.path_parameters, event.body, event.is_base64_encoded),
                (context.apiid, context.domain_name, context.domain_prefix, context.stage, context.route_key),
                (http.method, http.path, http.protocol, http.source_ip, http.user_agent),
                (event.headers.get("header1").cloned(), event.headers.get("header2").cloned()),
            )
        };
        assert_eq!(read(documented_request()), read(documented()));
    }
}
