//! A request as plain values, independent of the event it came in.

use std::collections::HashMap;

use lambda_http::http::HeaderMap;
use serde_json::Value;

use tollgate_apis::Problem;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// Its id, `req_…`, on routes without a caller; the others have it in their [`Call`](tollgate_gateway::Call).
    pub id: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as called, without stage or prefix.
    pub path: String,
    pub(crate) path_parameters: HashMap<String, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A parameter of the path, empty when the route has none of that name.
    pub fn path_parameter(&self, name: &str) -> &str {
        self.path_parameters.get(name).map_or("", String::as_str)
    }

    /// The query's parameters, decoded, in order.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The query's parameters, URL-encoded.
    pub fn query_string(&self) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.query);
        text.finish()
    }

    /// The query's parameters, URL-encoded, without these and with one more.
    pub fn query_string_with(&self, without: &[&str], name: &str, value: &str) -> String {
        let kept = self.query.iter().filter(|(name, _)| !without.contains(&name.as_str()));
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(kept).append_pair(name, value);
        text.finish()
    }

    /// A header's value, `None` when it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// Whether a header was sent, whatever its value.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as a JSON object; an absent body is an empty one.
    pub fn json(&self) -> Result<Value, Problem> {
        let body = &self.body;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Value::Object(map)),
            Ok(_) => Err(Problem::MalformedBody("The request body must be a JSON object.".into())),
            Err(error) => Err(Problem::MalformedBody(format!(
                "The request body is not valid JSON: {} at line {} column {}.",
                reason(&error),
                error.line(),
                error.column()
            ))),
        }
    }
}

/// `serde_json`'s reason without the position, which the message has in words.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

/// The token of `Authorization: Bearer …`.
pub fn bearer_token(request: &Request) -> Option<String> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The user of `Authorization: Basic …`, whose password is ignored.
pub fn basic_user(request: &Request) -> Option<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (scheme, credentials) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    Some(credentials.split_once(':').map_or(credentials.as_str(), |(user, _)| user).to_owned())
}
