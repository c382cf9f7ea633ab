//! A local cloud in this process, or in another that a test can kill.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use tollgate_local::{LambdaOptions, LocalCloud, Options};

use crate::clients::get;

/// The folder of this package's examples, beside the folder of its tests.
fn binaries() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let profile = test.parent().and_then(Path::parent).expect("a profile's folder");
    profile.join("examples")
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

pub(crate) struct Running {
    pub(crate) cloud: LocalCloud,
    data: TempDir,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(LambdaOptions::default()).await
    }

    pub(crate) async fn start_with(lambda: LambdaOptions) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), lambda).await
    }

    async fn start_in(data: TempDir, lambda: LambdaOptions) -> Self {
        let record = data.path().join("record").to_string_lossy().into_owned();
        let cloud = LocalCloud::start(&Options {
            root: fixture(),
            port: 0,
            data: data.path().to_owned(),
            binaries: binaries(),
            parameters: vec![("Record".to_owned(), record)],
            checks: tollgate_local::Checks::default(),
            lambda,
            dynamodb: tollgate_local::dynamodb_faults::DynamoDbSettings::default(),
        })
        .await
        .expect("the local cloud starts");
        Self { cloud, data }
    }

    pub(crate) async fn restart(self) -> Self {
        self.cloud.stop().await;
        Self::start_in(self.data, LambdaOptions::default()).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.cloud.port)
    }

    pub(crate) fn recorded(&self) -> Vec<String> {
        recorded(self.data.path())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        get(&self.url(path)).await
    }
}

/// What Lambda's Invoke API answers.
pub(crate) struct Invoked {
    pub(crate) status: u16,
    /// Whether the function failed.
    pub(crate) failed: bool,
    pub(crate) body: Value,
}

impl Running {
    /// Invokes a function; `headers` are names and values.
    pub(crate) async fn invoke(&self, name: &str, payload: String, headers: &[(&str, &str)]) -> Invoked {
        let url = self.url(&format!("/2015-03-31/functions/{name}/invocations"));
        let mut request = reqwest::Client::new().post(url).body(payload);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let (status, failed) = (answer.status(), answer.headers().contains_key("x-amz-function-error"));
        let text = answer.text().await.expect("a body");
        Invoked { status: status.as_u16(), failed, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }
}

/// The lines that the function wrote.
pub(crate) fn recorded(data: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(data.join("record")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Starts the program; gives its line of JSON.
pub(crate) fn spawn(data: &Path) -> (Child, Value) {
    spawn_with(data, &[])
}

/// Starts the program with variables of the environment.
pub(crate) fn spawn_with(data: &Path, variables: &[(&str, &str)]) -> (Child, Value) {
    use std::io::BufRead as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tollgate-local"))
        .args(["--port", "0", "--json", "--data"])
        .arg(data)
        .current_dir(fixture())
        .envs(variables.iter().copied())
        .env("TOLLGATE_LOCAL_BINARIES", binaries())
        .env("TOLLGATE_PARAMETER_OVERRIDES", format!("Record=\"{}\"", data.join("record").display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    std::io::BufReader::new(stdout).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("one line of JSON"))
}

/// Whether a process runs; one that has ended and was not waited for does not.
pub(crate) fn is_alive(pid: u64) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// Whether a process is stopped.
pub(crate) fn is_frozen(pid: u64) -> bool {
    state(pid) == Some('T')
}

/// A process's state, as the system shows it: a letter.
fn state(pid: u64) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}
