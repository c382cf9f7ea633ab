//! A function's answer as an HTTP response.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The HTTP response; `None` if the answer is none, which API Gateway answers with 500.
pub(super) fn build(answer: &[u8]) -> Option<Response> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let Some(status) = answer.get("statusCode") else {
        // API Gateway sends any other JSON as the body of a 200.
        let body = match answer {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
        return response.body(Body::from(body)).ok();
    };
    let status = match status {
        Value::String(text) => text.parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    let body = match &answer["body"] {
        Value::Null => "",
        Value::String(text) => text,
        _ => return None,
    };
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(body).ok()?
    } else {
        body.as_bytes().to_vec()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    let headers = response.headers_mut();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value_of(value)?);
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.append(header::SET_COOKIE, value_of(cookie)?);
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    }
    // The function's own length may be wrong.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    Some(response)
}

fn value_of(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => HeaderValue::from_bytes(text.as_bytes()).ok(),
        other => HeaderValue::from_str(&other.to_string()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;

    async fn body(response: Response) -> Vec<u8> {
        to_bytes(response.into_body(), 1000).await.expect("a body").to_vec()
    }

    #[tokio::test]
    async fn status_headers_cookies_and_base64_are_mapped() {
        let answer = json!({
            "statusCode": 201, "headers": {"X-One": "1", "content-length": "99"}, "cookies": ["a=1", "b=2"],
            "body": STANDARD.encode([0, 255]), "isBase64Encoded": true,
        });
        let response = build(answer.to_string().as_bytes()).expect("a response");
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-one"], "1");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(body(response).await, [0, 255]);
    }

    #[tokio::test]
    async fn plain_json_is_the_body_of_a_success() {
        let response = build(br#"{"a":1}"#).expect("a response");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(body(response).await, br#"{"a":1}"#);
    }

    #[test]
    fn what_is_no_response_is_none() {
        assert!(build(b"not json").is_none());
        for answer in [
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":200,"body":{"a":1}}"#,
            r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"b\nc"}}"#,
            r#"{"statusCode":99}"#,
        ] {
            assert!(build(answer.as_bytes()).is_none(), "{answer}");
        }
    }

    #[test]
    fn payload_2_knows_no_headers_of_several_values() {
        let answer = json!({"statusCode": 204, "multiValueHeaders": {"x-one": ["1", "2"]}});
        let response = build(answer.to_string().as_bytes()).expect("a response");
        assert!(!response.headers().contains_key("x-one"));
    }
}
