//! The local cloud that runs: its URLs, the demo merchant's credentials, its functions.

use std::time::Duration;

use serde_json::Value;

use super::failure::Failure;

/// How long the local cloud may take to answer, including a function's first start.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);
/// How long an invocation may take: the largest timeout of a function.
const INVOCATION_TIMEOUT: Duration = Duration::from_mins(15);

/// A local cloud at a port.
pub(super) struct Local {
    pub(super) http: reqwest::Client,
    /// Its URL, without a slash at the end.
    pub(super) origin: String,
    port: u16,
    ready: Value,
}

/// What a function answered.
pub(super) struct Invoked {
    /// Whether it failed: the payload is then Lambda's description of the error.
    pub(super) failed: bool,
    pub(super) payload: String,
}

impl Local {
    /// Asks the local cloud at a port for its URLs and the demo merchant's credentials.
    ///
    /// # Errors
    ///
    /// Nothing answers there, or something else does.
    pub(super) async fn connect(port: u16) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|e| Failure::System(e.to_string()))?;
        let not_running = |reason: String| Failure::NotRunning { port, reason };
        // `localhost` may resolve to `::1`, where another program may listen.
        let origin = format!("http://127.0.0.1:{port}");
        let answer = http.get(format!("{origin}/_local/ready")).send().await.map_err(|e| {
            not_running(if e.is_connect() { "nothing listens there".to_owned() } else { e.to_string() })
        })?;
        let text = answer.text().await.map_err(|e| not_running(e.to_string()))?;
        let ready: Value = serde_json::from_str(&text)
            .map_err(|_| not_running("something else listens there".to_owned()))?;
        Ok(Self { http, origin, port, ready })
    }

    /// A URL of the local cloud: an API's base URL, or a service's endpoint.
    ///
    /// # Errors
    ///
    /// It has none: something else listens at the port.
    pub(super) fn url(&self, pointer: &str) -> Result<&str, Failure> {
        self.ready.pointer(pointer).and_then(Value::as_str).ok_or_else(|| Failure::NotRunning {
            port: self.port,
            reason: "something else listens there".to_owned(),
        })
    }

    /// One of the demo merchant's credentials.
    ///
    /// # Errors
    ///
    /// There is no demo merchant.
    pub(super) fn credential(&self, name: &str) -> Result<&str, Failure> {
        self.ready["credentials"][name].as_str().ok_or(Failure::NoMerchant(self.port))
    }

    /// The names of all functions.
    ///
    /// # Errors
    ///
    /// The local cloud does not list them.
    pub(super) async fn function_names(&self) -> Result<Vec<String>, Failure> {
        let path = "/2015-03-31/functions/";
        let fail = |e: reqwest::Error| refused("GET", path, e.without_url().to_string());
        let answer = self.http.get(format!("{}{path}", self.origin)).send().await.map_err(fail)?;
        let text = answer.text().await.map_err(fail)?;
        let list: Value =
            serde_json::from_str(&text).map_err(|e| refused("GET", path, format!("no JSON: {e}")))?;
        let names = list["Functions"].as_array().into_iter().flatten();
        Ok(names.filter_map(|function| function["FunctionName"].as_str().map(str::to_owned)).collect())
    }

    /// Invokes a function and waits for its answer.
    ///
    /// # Errors
    ///
    /// Lambda refuses the invocation. A function that fails is no error here.
    pub(super) async fn invoke(&self, function: &str, event: String) -> Result<Invoked, Failure> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let fail = |e: reqwest::Error| refused("POST", &path, e.without_url().to_string());
        let request = self.http.post(format!("{}{path}", self.origin)).timeout(INVOCATION_TIMEOUT);
        let answer = request.body(event).send().await.map_err(fail)?;
        let status = answer.status();
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (kind, failed) = (header("x-amzn-errortype"), header("x-amz-function-error").is_some());
        let payload = answer.text().await.map_err(fail)?;
        match kind {
            None if status.is_success() => Ok(Invoked { failed, payload }),
            kind => {
                let kind = kind.unwrap_or_default();
                Err(refused("POST", &path, format!("{} {kind} {payload}", status.as_u16())))
            }
        }
    }
}

fn refused(method: &'static str, path: &str, reason: String) -> Failure {
    Failure::Request { method, path: path.to_owned(), reason }
}
