//! A local cloud in this process, or in another that a test can kill.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use tollgate_local::{LocalCloud, Options};

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
        Self::start_in(tempfile::tempdir().expect("a folder")).await
    }

    async fn start_in(data: TempDir) -> Self {
        let record = data.path().join("record").to_string_lossy().into_owned();
        let cloud = LocalCloud::start(&Options {
            root: fixture(),
            port: 0,
            data: data.path().to_owned(),
            binaries: binaries(),
            parameters: vec![("Record".to_owned(), record)],
            checks: tollgate_local::Checks::default(),
            dynamodb: tollgate_local::dynamodb_faults::DynamoDbSettings::default(),
        })
        .await
        .expect("the local cloud starts");
        Self { cloud, data }
    }

    pub(crate) async fn restart(self) -> Self {
        self.cloud.stop().await;
        Self::start_in(self.data).await
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

/// The lines that the function wrote.
pub(crate) fn recorded(data: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(data.join("record")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Starts the program; gives its line of JSON.
pub(crate) fn spawn(data: &Path) -> (Child, Value) {
    use std::io::BufRead as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tollgate-local"))
        .args(["--port", "0", "--json", "--data"])
        .arg(data)
        .current_dir(fixture())
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
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}
