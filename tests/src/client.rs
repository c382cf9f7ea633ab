//! A client of one front door, and its answers.

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use tollgate_gateway::{Clock, SystemClock};

use crate::DEADLINE;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The JSON of an answer of this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks the envelope of an error of `charges` and gives the error: status, type, code and parameter.
    #[track_caller]
    pub fn charges_error(&self, status: u16, error_type: &str, code: &str, param: Option<&str>) -> Value {
        let body = self.expect(status);
        let error = &body["error"];
        assert_eq!(
            (error["type"].as_str(), error["code"].as_str(), error["param"].as_str()),
            (Some(error_type), Some(code), param),
            "{body}"
        );
        assert!(error["message"].as_str().is_some_and(|m| m.len() > 10), "{body}");
        assert!(error["request_id"].as_str().is_some_and(|id| id.starts_with("req_")), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        error.clone()
    }
}

/// A client of one front door with one key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
    account: Option<String>,
}

impl Client {
    /// A client.
    pub fn new(base: String, key: &str) -> Self {
        Self { http: reqwest::Client::new(), base, key: key.to_owned(), account: None }
    }

    /// The same front door with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// The same front door with the key and an account's id in the two headers of `checkout`.
    #[must_use]
    pub fn with_account(&self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self.clone() }
    }

    /// A request with the credentials.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.account {
            None => request.bearer_auth(&self.key),
            Some(account) => request.header("X-Api-Key", account).header("X-Api-Secret", &self.key),
        }
    }

    /// Sends a request.
    pub async fn send(request: reqwest::RequestBuilder) -> Answer {
        let answer = request.timeout(DEADLINE).send().await.unwrap();
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `POST` with a JSON body and an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    /// `POST` with a form body.
    pub async fn post_form(&self, path: &str, body: &str) -> Answer {
        let request =
            self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        Self::send(request.body(body.to_owned())).await
    }
}

/// Seconds until an answer's `X-RateLimit-Reset`, counted from its `Date`; a window is seven buckets of ten seconds.
#[track_caller]
pub fn reset_in(answer: &Answer) -> i64 {
    let reset: i64 = answer.header("x-ratelimit-reset").parse().unwrap();
    let left = reset - SystemClock.now().s();
    assert!((1..=70).contains(&left), "it resets in {left} s");
    left
}

/// Answers to requests one after the other: each leaves one request less, `first` after the first of them, and says when the
/// window resets.
#[track_caller]
pub fn stands(answers: &[Answer], limit: u32, first: u32) {
    for (answer, remaining) in answers.iter().zip((0..=first).rev()) {
        assert_eq!(
            (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")),
            (limit.to_string().as_str(), remaining.to_string().as_str()),
            "{} {}",
            answer.status,
            answer.text
        );
        reset_in(answer);
    }
}
