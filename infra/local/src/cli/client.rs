//! A client of the running local cloud: its `intents` API, with the demo merchant's key.

use std::time::Duration;

use serde_json::Value;

use super::{failure::Failure, local::Local};

/// How often a waiting tool checks that the local cloud still runs.
const HEALTH_INTERVAL: Duration = Duration::from_secs(2);

/// The HTTP methods that the tools use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Whose key a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The demo merchant's.
    Demo,
    /// The second merchant's.
    Partner,
}

/// The API's answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// The error's message, or the status.
    pub(super) fn error_message(&self) -> String {
        let error = &self.body["error"];
        match (error["message"].as_str(), error["param"].as_str()) {
            (Some(message), Some(param)) => format!("{} {message} ({param})", self.status),
            (Some(message), None) => format!("{} {message}", self.status),
            (None, _) => self.status.to_string(),
        }
    }
}

/// The `intents` API, with the demo merchant's key.
pub(super) struct Client {
    http: reqwest::Client,
    origin: String,
    base: String,
    key: String,
    partner_key: String,
}

impl Client {
    /// Asks the local cloud at a port for its URLs and the demo merchant's key.
    ///
    /// # Errors
    ///
    /// Nothing answers there, or something else does, or there is no demo merchant.
    pub(super) async fn connect(port: u16) -> Result<Self, Failure> {
        let local = Local::connect(port).await?;
        let (base, key) = (local.url("/apis/intents")?, local.credential("secret_key")?);
        Ok(Self {
            // `localhost` may resolve to `::1`, where another program may listen.
            base: base.replacen("://localhost:", "://127.0.0.1:", 1),
            key: key.to_owned(),
            partner_key: local.credential("partner_secret_key")?.to_owned(),
            origin: local.origin,
            http: local.http,
        })
    }

    /// Waits until nothing listens at the local cloud's port.
    pub(super) async fn wait_for_end(&self) {
        loop {
            tokio::time::sleep(HEALTH_INTERVAL).await;
            let answer = self.http.get(format!("{}/_local/health", self.origin)).send().await;
            if answer.is_err_and(|error| error.is_connect()) {
                return;
            }
        }
    }

    /// Sends a request with the demo merchant's key.
    ///
    /// # Errors
    ///
    /// Those of [`Client::send_by`].
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.send_by(Caller::Demo, method, path, body).await
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// It was not answered, or not in JSON. An error that the API answers is an [`Answer`].
    pub(super) async fn send_by(
        &self,
        caller: Caller,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let fail =
            |reason: String| Failure::Request { method: method.as_str(), path: path.to_owned(), reason };
        let url = format!("{}{path}", self.base);
        let mut request = match method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Delete => self.http.delete(url),
        }
        .bearer_auth(match caller {
            Caller::Demo => &self.key,
            Caller::Partner => &self.partner_key,
        });
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|e| fail(e.without_url().to_string()))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|e| fail(e.without_url().to_string()))?;
        let body = serde_json::from_str(&text).map_err(|_| fail(format!("{status}, and no JSON")))?;
        Ok(Answer { status, body })
    }

    /// Sends a request that must succeed; returns the answer's body.
    ///
    /// # Errors
    ///
    /// Those of [`Client::send`], and every status that is no success.
    pub(super) async fn send_ok(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let answer = self.send(method, path, body).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(Failure::Request {
            method: method.as_str(),
            path: path.to_owned(),
            reason: answer.error_message(),
        })
    }
}
