//! A local cloud for each test: how it is started and ended.

mod clients;
mod ledger_check;
mod logs;
mod tenants;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    DEADLINE, Signal,
    binaries::{binary, build, is_release, link_binaries, target},
    built_release::Release,
};

/// A local cloud for one test. It ends when it is dropped.
pub struct Cloud {
    child: Child,
    /// The line that `cargo local --json` printed.
    pub ready: Value,
    /// What it and its functions wrote to standard error.
    pub log: Arc<Mutex<Vec<String>>>,
    /// Its folder of data.
    pub data: Arc<tempfile::TempDir>,
    /// Whether calls that policies do not allow are what the test is about.
    expects_refusals: bool,
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
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_CHECK", "stale-reads");
        Self::launch(command, data, &[]).await
    }

    /// Starts a fresh one whose DynamoDB does this to the functions' calls: `per-mille=50,seed=7`, see `cargo local --help`.
    pub async fn start_with_dynamodb(settings: &str, parameters: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_DYNAMODB", settings);
        Self::launch(command, Arc::new(tempfile::tempdir().unwrap()), parameters).await
    }

    /// Starts a fresh one that writes what `--logs` of this value says, where tests otherwise have all of it.
    pub async fn start_logging(logs: &str) -> Self {
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_LOGS", logs);
        Self::launch(command, Arc::new(tempfile::tempdir().unwrap()), &[]).await
    }

    /// Starts one on a folder of data that may have been used before.
    pub async fn start_in(data: Arc<tempfile::TempDir>, parameters: &[(&str, &str)]) -> Self {
        Self::launch(Command::new(binary("tollgate-local")), data, parameters).await
    }

    /// Starts a fresh one in which these functions are other programs.
    pub async fn start_replacing(instead: &[(String, PathBuf)]) -> Self {
        build();
        let data = Arc::new(tempfile::tempdir().unwrap());
        let links = link_binaries(&data, &target(), instead);
        let mut command = Command::new(binary("tollgate-local"));
        command.env("TOLLGATE_LOCAL_BINARIES", &links);
        Self::launch(command, data, &[]).await
    }

    /// Starts one with the templates of another folder, whose functions lack permissions that they need.
    pub async fn start_lacking(root: &Path, data: Arc<tempfile::TempDir>) -> Self {
        let mut command = Command::new(binary("tollgate-local"));
        command.current_dir(root).env("TOLLGATE_LOCAL_BINARIES", target());
        let mut cloud = Self::launch(command, data, &[]).await;
        cloud.expects_refusals = true;
        cloud
    }

    /// Starts a release's, or today's, in which these functions fail every request.
    pub async fn start_of(
        release: Option<&Release>,
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
        // As on Lambda: work that outlives an answer, and connections that break meanwhile, show.
        if std::env::var_os("TOLLGATE_LOCAL_FREEZE").is_none() {
            command.env("TOLLGATE_LOCAL_FREEZE", "1");
        }
        let mut child = command
            // A debug build on a loaded machine starts slowly.
            .env("TOLLGATE_LOCAL_INIT_SECONDS", "30")
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
        Self { child, ready: serde_json::from_str(&line).unwrap(), log, data, expects_refusals: false }
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
}

impl Drop for Cloud {
    /// A call that a function's policies do not grant fails the test that meets it, even if the call succeeded.
    fn drop(&mut self) {
        let log = self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let refused: Vec<&String> = log.iter().filter(|line| line.starts_with("[iam]")).collect();
        if self.expects_refusals {
            return;
        }
        if std::thread::panicking() {
            let failed: Vec<&String> = log.iter().filter(|line| line.contains("errorType")).collect();
            eprintln!("refused by policies: {refused:?}\nfailed invocations: {failed:?}");
        } else {
            assert!(refused.is_empty(), "{refused:?}");
        }
    }
}

/// Sends a signal to a process; `false` when there is none any more.
pub fn signal(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::kill_process(pid, signal).is_ok())
}
