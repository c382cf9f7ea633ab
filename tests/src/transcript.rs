//! Records requests and their whole answers as text for a snapshot.
//!
//! An answer is written down as it came: the status, every header that is not the connection's own, and the bytes of the body.
//! A JSON body gets line breaks and indentation between its tokens and is not parsed, so another order of keys or another way
//! to print a number is another snapshot.

use std::fmt::Write as _;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::{Answer, Client, Webhook, redact::Redactor};

/// Headers of the connection, not of the answer.
const OMITTED: &[&str] = &["connection", "content-length", "date", "host", "accept", "transfer-encoding"];
/// Credentials: what a request is sent with is said by its title.
const CREDENTIALS: &[&str] = &["authorization", "x-api-key", "x-api-secret"];
/// Headers whose values depend on the moment, and what stands for them.
const OF_THE_MOMENT: &[(&str, &str)] = &[
    ("x-ratelimit-remaining", "<remaining>"),
    ("x-ratelimit-reset", "<time>"),
    ("retry-after", "<seconds>"),
];

/// A client of one front door that writes down what is said.
pub struct Transcript {
    client: Client,
    text: String,
    redactor: Redactor,
}

impl Transcript {
    /// Nothing said yet.
    pub fn new(client: Client) -> Self {
        Self { client, text: String::new(), redactor: Redactor::default() }
    }

    /// The same transcript, continued by another client.
    pub fn continue_as(&mut self, client: Client) {
        self.client = client;
    }

    /// A request of the client, to be changed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, path)
    }

    /// `GET`.
    pub async fn get(&mut self, title: &str, path: &str) -> Answer {
        self.send(title, self.request(Method::GET, path)).await
    }

    /// `DELETE`.
    pub async fn delete(&mut self, title: &str, path: &str) -> Answer {
        self.send(title, self.request(Method::DELETE, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&mut self, title: &str, path: &str, body: &Value) -> Answer {
        self.send(title, self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&mut self, title: &str, path: &str, body: &Value) -> Answer {
        self.send(title, self.request(Method::PATCH, path).json(body)).await
    }

    /// `POST` with a JSON body and an idempotency key.
    pub async fn post_once(&mut self, title: &str, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        self.send(title, request.json(body)).await
    }

    /// `POST` with these very bytes as JSON.
    pub async fn post_text(&mut self, title: &str, path: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(title, request.body(body.to_owned())).await
    }

    /// `POST` with a form body.
    pub async fn post_form(&mut self, title: &str, path: &str, body: &str) -> Answer {
        let form = "application/x-www-form-urlencoded";
        let request = self.request(Method::POST, path).header("content-type", form);
        self.send(title, request.body(body.to_owned())).await
    }

    /// Sends a request and writes it and its answer down.
    pub async fn send(&mut self, title: &str, request: RequestBuilder) -> Answer {
        let (http, request) = request.build_split();
        let request = request.unwrap();
        let query = request.url().query().map_or_else(String::new, |query| format!("?{query}"));
        let mut asked = format!("{} {}{query}\n", request.method(), request.url().path());
        for (name, value) in request.headers() {
            let is_json = name == "content-type" && value == "application/json";
            if !is_json && !OMITTED.contains(&name.as_str()) && !CREDENTIALS.contains(&name.as_str()) {
                let _ = writeln!(asked, "{name}: {}", shortened(value.to_str().unwrap()));
            }
        }
        if let Some(body) = request.body() {
            let body = String::from_utf8_lossy(body.as_bytes().unwrap()).into_owned();
            let _ = writeln!(asked, "{}", shortened(&body));
        }
        let answer = Client::send(RequestBuilder::from_parts(http, request)).await;
        self.write(title, &asked, &answer);
        answer
    }

    /// Writes an answer down that came to another request.
    pub fn write(&mut self, title: &str, asked: &str, answer: &Answer) {
        let mut lines: Vec<String> =
            answer.headers.iter().map(|(name, value)| header(name.as_str(), value)).collect();
        lines.retain(|line| !OMITTED.iter().any(|name| line.starts_with(&format!("{name}: "))));
        lines.sort();
        let said = format!("{}\n{}\n\n{}", answer.status.as_u16(), lines.join("\n"), laid_out(&answer.text));
        let asked = self.redactor.redact(asked);
        // The layout puts spaces where the redactor looks for none.
        let said = self.redactor.redact(&said);
        let _ = write!(self.text, "## {title}\n\n{asked}\n{}\n\n", said.trim_end());
    }

    /// Writes down the webhooks that arrived since the last ones, by event type: those of one change may arrive in any order.
    pub fn deliveries(&mut self, title: &str, webhooks: &[Webhook]) {
        let mut webhooks: Vec<_> = webhooks.iter().collect();
        webhooks.sort_by_key(|webhook| webhook.json()["type"].as_str().unwrap_or_default().to_owned());
        for webhook in webhooks {
            let mut lines: Vec<String> =
                webhook.headers.iter().map(|(name, value)| header(name.as_str(), value)).collect();
            lines.retain(|line| !OMITTED.iter().any(|name| line.starts_with(&format!("{name}: "))));
            lines.sort();
            let said = format!("{}\n\n{}", lines.join("\n"), laid_out(&webhook.body));
            let said = self.redactor.redact(&said);
            let _ = write!(self.text, "## {title}\n\n{}\n\n", said.trim_end());
        }
    }

    /// What was said so far.
    pub fn text(&self) -> &str {
        self.text.trim_end()
    }
}

fn header(name: &str, value: &reqwest::header::HeaderValue) -> String {
    let stable = OF_THE_MOMENT.iter().find(|(known, _)| *known == name);
    format!("{name}: {}", stable.map_or_else(|| value.to_str().unwrap(), |(_, placeholder)| *placeholder))
}

/// The beginning of a body that is only long.
fn shortened(body: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 600;
    let total = body.chars().count();
    let is_repetition = body.len() > 200 && body.bytes().all(|b| Some(b) == body.bytes().next());
    if total <= SHOWN_CHARS_MAX && !is_repetition {
        return body.to_owned();
    }
    let shown: String = body.chars().take(100).collect();
    format!("{shown}… ({total} characters)")
}

/// JSON with a line for each member; every byte of it stays, and only white space is added between its tokens.
fn laid_out(body: &str) -> String {
    if !body.starts_with(['{', '[']) {
        return body.to_owned();
    }
    let mut out = String::with_capacity(body.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = body.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                depth += 1;
                if !chars.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['{', '[']) {
                    line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_string = true;
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gets_lines_and_keeps_every_other_byte() {
        let body = r#"{"b":100.00,"a":[1e21,{}],"text":"a, b: {\"c\"}\\","empty":[]}"#;
        let expected = r#"{
  "b": 100.00,
  "a": [
    1e21,
    {}
  ],
  "text": "a, b: {\"c\"}\\",
  "empty": []
}"#;
        assert_eq!(laid_out(body), expected);
        assert_ne!(laid_out(r#"{"a":1,"b":2}"#), laid_out(r#"{"b":2,"a":1}"#));
        assert_ne!(laid_out(r#"{"a":1.0}"#), laid_out(r#"{"a":1}"#));
        assert_ne!(laid_out(r#"{"a": 1}"#), laid_out(r#"{"a":1}"#));
    }

    #[test]
    fn what_is_no_json_stays() {
        for body in ["", "<p>a, b</p>", "a:b"] {
            assert_eq!(laid_out(body), body);
        }
    }
}
