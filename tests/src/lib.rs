//! What end-to-end tests share: a local cloud of their own, a client that knows a front door's envelope, a receiver of
//! webhooks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod dynamodb;
pub mod redact;
pub mod release;
pub mod transcript;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

pub use rustix::process::Signal;

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use tollgate_domain::{KeyKind, Mode, Permission, Tenant, Tier};
use tollgate_gateway::{
    Admin, AwsEnvironment, Clock, NewKey, OsEntropy, Secrets, SystemClock, Tables, Worker, Writer,
};
use tollgate_store::KeyHash;

/// How long anything may take that a test waits for.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A local cloud of its own, ended when it is dropped.
pub struct Cloud {
    child: Child,
    /// The line that `cargo local --json` printed.
    pub ready: Value,
    /// What it and its functions wrote to standard error.
    pub log: Arc<Mutex<Vec<String>>>,
    /// Its folder of data.
    pub data: Arc<tempfile::TempDir>,
}

/// The folder of the built binaries: whatever a test binary lies in.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"))
        .unwrap()
        .to_owned()
}

fn is_release() -> bool {
    target().ends_with("release")
}

static BUILT: OnceLock<()> = OnceLock::new();

/// Builds every binary once for each test process; nothing to do when they are there.
fn build() {
    BUILT.get_or_init(|| run_cargo(&["--bins"]));
}

/// Builds these binaries and no others, as they are in a release where the caller is: what a bench needs.
pub fn build_some(binaries: &[&str]) {
    BUILT.get_or_init(|| {
        let mut arguments: Vec<&str> = binaries.iter().flat_map(|name| ["--bin", name]).collect();
        if is_release() {
            arguments.push("--release");
        }
        run_cargo(&arguments);
    });
}

fn run_cargo(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cargo = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Build scripts run again, and whatever depends on them is built again, where these differ from an ordinary build's.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let differs = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if differs || text == "RUSTC_BOOTSTRAP" {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .current_dir(root)
        .args(["build", "--workspace", "--quiet"])
        .args(arguments)
        .arg("--target-dir")
        .arg(target().parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the functions do not build");
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

/// Sends a signal to a process; `false` when there is none any more.
pub fn signal(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::kill_process(pid, signal).is_ok())
}

/// Where a built binary is.
pub fn binary(name: &str) -> PathBuf {
    build();
    target().join(name)
}

impl Cloud {
    /// Starts a fresh one.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a fresh one with parameters of the template.
    pub async fn start_with(parameters: &[(&str, &str)]) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), parameters).await
    }

    /// Starts a fresh one in which every eventually consistent read finds nothing, as if no write had reached the indexes and
    /// the other replicas yet.
    pub async fn start_stale() -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        Self::start_checked(data, &[], "grants,stale-reads").await
    }

    /// Starts a fresh one that writes what `--logs` of this value says, where tests otherwise have all of it.
    pub async fn start_logging(logs: &str) -> Self {
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_LOGS", logs);
        Self::launch(command, Arc::new(tempfile::tempdir().unwrap()), &[]).await
    }

    /// Starts one on a folder of data that may have been used before.
    pub async fn start_in(data: Arc<tempfile::TempDir>, parameters: &[(&str, &str)]) -> Self {
        Self::start_checked(data, parameters, "grants").await
    }

    async fn start_checked(data: Arc<tempfile::TempDir>, parameters: &[(&str, &str)], checks: &str) -> Self {
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_CHECK", checks);
        Self::launch(command, data, parameters).await
    }

    /// Starts a fresh one in which these functions are other programs.
    pub async fn start_replacing(instead: &[(String, PathBuf)]) -> Self {
        build();
        let data = Arc::new(tempfile::tempdir().unwrap());
        let links = link_binaries(&data, &target(), instead);
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_CHECK", "grants").env("TOLLGATE_LOCAL_BINARIES", &links);
        Self::launch(command, data, &[]).await
    }

    /// Starts a release's, or today's, in which these functions fail whatever they are asked.
    pub async fn start_of(
        release: Option<&release::Release>,
        data: Arc<tempfile::TempDir>,
        parameters: &[(&str, &str)],
        broken: &[&str],
    ) -> Self {
        let (binaries, root) = if let Some(release) = release {
            (release.binaries.clone(), release.root.clone())
        } else {
            build();
            (target(), Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        };
        // The operator's tool is no function: it ends at once, and the invocation fails.
        let instead: Vec<_> =
            broken.iter().map(|name| ((*name).to_owned(), binaries.join("tollgate-admin"))).collect();
        let links = link_binaries(&data, &binaries, &instead);
        let mut command = Command::new(binaries.join("tollgate-local"));
        command.current_dir(root).env("TOLLGATE_LOCAL_BINARIES", &links);
        Self::launch(command, data, parameters).await
    }

    async fn launch(mut command: Command, data: Arc<tempfile::TempDir>, parameters: &[(&str, &str)]) -> Self {
        let overrides: Vec<String> =
            parameters.iter().map(|(key, value)| format!("{key}='{value}'")).collect();
        // By the environment: a release before this one has no such option.
        let logs = ("TOLLGATE_LOCAL_LOGS", "all");
        if command.as_std().get_envs().all(|(name, _)| name != logs.0) {
            command.env(logs.0, logs.1);
        }
        let mut child = command
            .args(is_release().then_some("--release"))
            .args(["--port", "0", "--json", "--data"])
            .arg(data.path())
            .env("TOLLGATE_LOCAL_SKIP_BUILD", "1")
            .env("CARGO_TARGET_DIR", target().parent().unwrap())
            .env("TOLLGATE_PARAMETER_OVERRIDES", overrides.join(" "))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                kept.lock().unwrap().push(line);
            }
        });
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let line =
            tokio::time::timeout(DEADLINE, output.next_line()).await.expect("it starts in time").unwrap();
        let line = line.unwrap_or_else(|| panic!("it did not start: {:?}", log.lock().unwrap()));
        Self { child, ready: serde_json::from_str(&line).unwrap(), log, data }
    }

    /// Ends it at once, as a power cut would.
    pub async fn kill(mut self) -> Arc<tempfile::TempDir> {
        self.child.kill().await.unwrap();
        self.data.clone()
    }

    /// Asks it to stop, as an orchestrator would, and waits until it has.
    pub async fn terminate(mut self, within: Duration) -> std::process::ExitStatus {
        assert!(signal(self.child.id().unwrap(), Signal::TERM));
        tokio::time::timeout(within, self.child.wait()).await.expect("it stops in time").unwrap()
    }

    /// Where a front door is, with its version's prefix.
    pub fn api(&self, name: &str) -> String {
        self.ready["apis"][name].as_str().unwrap().to_owned()
    }

    /// Where something of the local cloud itself is.
    pub fn local(&self, path: &str) -> String {
        let dashboard = self.ready["dashboard"].as_str().unwrap();
        format!("{}{path}", dashboard.trim_end_matches("/_inbox"))
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.local("").rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// The demo merchant's secret key.
    pub fn key(&self) -> String {
        self.ready["credentials"]["secret_key"].as_str().unwrap().to_owned()
    }

    /// A client of any front door with a key of the demo merchant.
    pub fn client_of(&self, front_door: &str, key: &str) -> Client {
        let client = Client::new(self.api(front_door), key);
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap();
        match front_door {
            "checkout" => client.with_account(merchant),
            _ => client,
        }
    }

    /// A client of any front door whose key is a bearer token.
    pub fn client(&self, front_door: &str) -> Client {
        Client::new(self.api(front_door), &self.key())
    }

    /// A client of `checkout` with the demo merchant's two credentials.
    pub fn checkout(&self) -> Client {
        let credential = |name: &str| self.ready["credentials"][name].as_str().unwrap().to_owned();
        Client::new(self.api("checkout"), &credential("api_secret")).with_account(&credential("api_key"))
    }

    /// A client of `charges` with the demo merchant's key.
    pub fn charges(&self) -> Client {
        Client::new(self.api("charges"), &self.key())
    }

    /// A client of `intents` with the demo merchant's key.
    pub fn intents(&self) -> Client {
        Client::new(self.api("intents"), &self.key())
    }

    /// Registers an endpoint for the demo merchant's `charges` events; gives the answer, secret included.
    pub async fn charges_endpoint(&self, url: &str) -> Value {
        let body = serde_json::json!({"url": url, "api": "charges"});
        self.intents().post("/webhook_endpoints", &body).await.expect(201)
    }

    /// The tables themselves, for what is looked at more often than a rate limit allows.
    pub fn store(&self) -> Writer {
        let url = |name: &str| self.ready[name].as_str().unwrap().to_owned();
        let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
        let tables = Tables {
            main: "tollgate".into(),
            keys: "tollgate-keys".into(),
            events: "tollgate-events".into(),
        };
        Writer::open(&environment, tables)
    }

    /// The stack's secrets.
    pub fn secrets(&self) -> Secrets {
        let url = |name: &str| self.ready[name].as_str().unwrap().to_owned();
        let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
        Secrets::open(&environment.with_secrets_endpoint(Some(url("secretsmanager"))))
    }

    /// The demo merchant's test data.
    pub fn demo_scope(&self) -> Tenant {
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap();
        Tenant { merchant: merchant.parse().unwrap(), mode: Mode::Test }
    }

    /// The operator's view, as `cargo admin` has it.
    pub fn admin(&self) -> Admin {
        Admin::new(Worker::new(self.store(), None, Arc::new(SystemClock), Arc::new(OsEntropy)))
    }

    /// A key of a merchant of its own.
    pub async fn other_merchants_key(&self) -> String {
        let admin = self.admin();
        let merchant = admin.create_merchant("Another", Tier::Growth).await.unwrap();
        let new = NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        admin.create_key(new).await.unwrap().secret
    }

    /// Another key of the demo merchant.
    pub async fn demo_key(&self, mode: Mode, kind: KeyKind, scopes: &[Permission]) -> String {
        let merchant = self.ready["credentials"]["client_id"].as_str().unwrap().parse().unwrap();
        let new = NewKey { merchant, mode, kind, scopes: scopes.to_vec() };
        self.admin().create_key(new).await.unwrap().secret
    }

    /// Uses up the rate windows of a key in every front door, of the next ten minutes.
    pub async fn use_up_key(&self, key: &str) {
        let digest = hex::encode(KeyHash::of(key).digest());
        self.use_up(&format!("KEY#{digest}")).await;
    }

    /// Uses up the windows that a tenant's keys share, in the front doors that limit merchants, for the next ten minutes.
    pub async fn use_up_tenant(&self, tenant: Tenant) {
        self.use_up(&format!("{tenant}RATE")).await;
    }

    /// Gives the windows back that [`Cloud::use_up_tenant`] used up.
    pub async fn rest_tenant(&self, tenant: Tenant) {
        let url = self.ready["dynamodb"].as_str().unwrap();
        let key = serde_json::json!({"pk": dynamodb::s(&format!("{tenant}RATE")), "sk": dynamodb::s("#")});
        let delete = serde_json::json!({"TableName": "tollgate-keys", "Key": key});
        dynamodb::ask(url, "DeleteItem", &delete).await;
    }

    async fn use_up(&self, pk: &str) {
        let current = tollgate_domain::rate_limit::bucket_at(SystemClock.now());
        let url = self.ready["dynamodb"].as_str().unwrap();
        for letter in ["i", "c", "d", "s", "k"] {
            let buckets = current..current + 60;
            let set: Vec<_> = (0..60).map(|at| format!("#n{at} = :many")).collect();
            let names: serde_json::Map<_, _> = buckets
                .enumerate()
                .map(|(at, bucket)| (format!("#n{at}"), format!("{letter}{bucket}").into()))
                .collect();
            let update = serde_json::json!({
                "TableName": "tollgate-keys",
                "Key": {"pk": dynamodb::s(pk), "sk": dynamodb::s("#")},
                "UpdateExpression": format!("SET {}", set.join(", ")),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":many": dynamodb::n(1_000_000)},
            });
            dynamodb::ask(url, "UpdateItem", &update).await;
        }
    }

    /// The log lines of requests that a function handled, the oldest first.
    pub fn request_log(&self, function: &str) -> Vec<Value> {
        self.log_of(function, "request")
    }

    /// The log lines of a function with this message, the oldest first.
    pub fn log_of(&self, function: &str, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter_map(|line| line.strip_prefix(&format!("[{function}] ")))
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["message"] == message)
            .collect()
    }

    /// The process ids of a function.
    pub async fn pids(&self, function: &str) -> Vec<u32> {
        let all: Value = reqwest::get(self.local("/_local/functions")).await.unwrap().json().await.unwrap();
        let all = all.as_array().unwrap().iter();
        all.filter(|f| f["name"] == function)
            .map(|f| u32::try_from(f["pid"].as_u64().unwrap()).unwrap())
            .collect()
    }

    /// What the inbox of the demo merchant's built-in endpoint holds, the newest first.
    pub async fn inbox(&self) -> Vec<Value> {
        let url = self.local("/_inbox?format=json");
        let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let webhook = |w: &Value| {
            let body: Value = serde_json::from_str(w["body"].as_str().unwrap()).unwrap();
            serde_json::json!({"type": w["event_type"], "signature": w["signature"], "body": body})
        };
        all["data"].as_array().unwrap().iter().map(webhook).collect()
    }
}

/// A folder of links to the binaries of another, except that some names lead elsewhere.
fn link_binaries(data: &tempfile::TempDir, binaries: &Path, instead: &[(String, PathBuf)]) -> PathBuf {
    let links = data.path().join("binaries");
    let _ = std::fs::remove_dir_all(&links);
    std::fs::create_dir_all(&links).unwrap();
    for entry in std::fs::read_dir(binaries).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_file() {
            continue;
        }
        let name = entry.file_name();
        let other = instead.iter().find(|(instead, _)| name == instead.as_str());
        let leads_to = other.map_or_else(|| entry.path(), |(_, path)| path.clone());
        std::os::unix::fs::symlink(leads_to, links.join(name)).unwrap();
    }
    links
}

impl Drop for Cloud {
    /// A call that a function's policies do not grant fails every test that meets it, whatever came of the call.
    fn drop(&mut self) {
        let log = self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let refused: Vec<&String> = log.iter().filter(|line| line.starts_with("[grants]")).collect();
        if std::thread::panicking() {
            eprintln!("refused by policies: {refused:?}");
        } else {
            assert!(refused.is_empty(), "{refused:?}");
        }
    }
}

/// Whether `curl`, the command that the texts use, is there; says so where it is not.
pub fn has_curl() -> bool {
    let there = std::process::Command::new("curl").arg("--version").output().is_ok();
    if !there {
        println!("skipped: curl is not installed");
    }
    there
}

/// Runs `curl`; gives status and body.
pub fn curl(arguments: &[&str]) -> (u16, Value) {
    let output = std::process::Command::new("curl")
        .args(["-s", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    (status.parse().unwrap(), body)
}

/// Runs a program of a text's sample in one of the languages of its readers; `None`, with a notice, where the language
/// or a library of it is missing. CI has them all, and there a missing one is a failure.
pub async fn run_sample(command: &[&str], needs: &[&str], program: &str) -> Option<String> {
    let runs = |arguments: &[&str]| {
        let mut command = Command::new(arguments[0]);
        command.args(&arguments[1..]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let there = runs(needs).status().await.is_ok_and(|status| status.success());
    if !there {
        assert!(std::env::var_os("CI").is_none(), "CI lacks what `{}` asks for", needs.join(" "));
        println!("skipped: `{}` fails", needs.join(" "));
        return None;
    }
    let mut child = runs(command).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, program.as_bytes()).await.unwrap();
    drop(input);
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Waits until something holds, with a deadline instead of a sleep.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

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

/// A webhook that arrived.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its headers.
    pub headers: HeaderMap,
    /// The exact bytes, as text.
    pub body: String,
}

impl Webhook {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver of webhooks that answers as it is told.
pub struct Receiver {
    /// Where it is.
    pub url: String,
    port: u16,
    received: Arc<Mutex<Vec<Webhook>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// A receiver that answers with these statuses in turn, and then with 204.
    pub async fn start(statuses: &[u16]) -> Self {
        Self::start_on(0, statuses).await
    }

    /// A receiver on a given port.
    pub async fn start_on(port: u16, statuses: &[u16]) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Webhook>>> = Arc::default();
        let statuses = Arc::new(Mutex::new(statuses.to_vec()));
        let (kept, script) = (received.clone(), statuses.clone());
        let router = axum::Router::new().fallback(move |headers: HeaderMap, body: String| {
            kept.lock().unwrap().push(Webhook { headers, body });
            let mut script = script.lock().unwrap();
            let status = if script.is_empty() { 204 } else { script.remove(0) };
            async move { StatusCode::from_u16(status).unwrap() }
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url: format!("http://127.0.0.1:{port}/hooks"), port, received, statuses, server }
    }

    /// A port on which nothing listens.
    pub async fn free_port() -> u16 {
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What arrived so far.
    pub fn received(&self) -> Vec<Webhook> {
        self.received.lock().unwrap().clone()
    }

    /// Answers that are still to be given.
    pub fn statuses_left(&self) -> usize {
        self.statuses.lock().unwrap().len()
    }

    /// Waits until so many have arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<Webhook> {
        eventually(&format!("{count} webhooks"), || async {
            let received = self.received();
            (received.len() >= count).then_some(received)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}
