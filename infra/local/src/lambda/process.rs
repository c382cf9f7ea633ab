//! Starts a function's process, serves its Runtime API and says why it ended.
//!
//! Every process has its own listener: `AWS_LAMBDA_RUNTIME_API` is only a host and a port, so the port identifies the
//! process. All processes are in one group, which ends with the local cloud: none is left behind.

use std::{path::PathBuf, process::Stdio, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use super::{
    instance::Instance,
    invocation::Verdict,
    runtime_api::{self, OnReleased},
};
use crate::{iam::Credentials, logs, net, options::LambdaOptions, template::Function};

/// The part of a process that is the same for all functions.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// The folder of the functions' binaries.
    pub(crate) binaries: PathBuf,
    /// Variables of every process: endpoints, Region.
    pub(crate) environment: Vec<(String, String)>,
    /// The credentials of each function.
    pub(crate) credentials: Arc<Credentials>,
}

/// A process of a function and the server of its Runtime API.
pub(super) struct Process {
    pub(super) instance: Arc<Instance>,
    child: Child,
    server: JoinHandle<()>,
    options: LambdaOptions,
}

/// What tells one process from the others.
pub(super) struct Place {
    /// The number in the name of its log stream.
    pub(super) number: u64,
    /// Its process group.
    pub(super) group: i32,
}

impl Process {
    /// Starts a process; an error says why it can't be started.
    pub(super) async fn start(
        host: &Host,
        options: LambdaOptions,
        function: &Arc<Function>,
        place: &Place,
        on_released: OnReleased,
    ) -> Result<Self, String> {
        let listener = net::bind(0).await.map_err(|error| error.to_string())?;
        let mut child = spawn(host, function, listener.port, place).map_err(|error| {
            let reason = format!("{} can't be started: {error}", function.binary);
            logs::log(&function.name, &reason);
            reason
        })?;
        forward(function.clone(), child.stdout.take());
        forward(function.clone(), child.stderr.take());
        let instance = Instance::new(function.clone(), child.id(), options.freeze);
        let server = tokio::spawn(listener.serve(runtime_api::routes(instance.clone(), on_released)));
        Ok(Self { instance, child, server, options })
    }

    /// Waits for the process to end, by itself or because it was killed; returns the reason.
    pub(super) async fn ended(&mut self) -> Verdict {
        let verdict = watch(&self.instance, &mut self.child, self.options).await;
        self.server.abort();
        verdict
    }
}

async fn watch(instance: &Instance, child: &mut Child, options: LambdaOptions) -> Verdict {
    let limit = instance.init_timeout(options.init_timeout);
    let init_timeout = tokio::time::sleep(limit);
    tokio::pin!(init_timeout);
    let mut initialising = true;
    loop {
        tokio::select! {
            status = child.wait() => {
                let verdict = instance.take_verdict();
                return verdict.unwrap_or_else(|| Verdict::exit(match status {
                    Ok(status) => format!("Runtime exited with error: {status}"),
                    Err(error) => format!("Runtime exited: {error}"),
                }));
            }
            () = instance.killed() => {
                // It may have ended meanwhile; `wait` returns either way.
                let _ = child.start_kill();
            }
            () = &mut init_timeout, if initialising => {
                initialising = false;
                instance.time_out_init(limit);
            }
        }
    }
}

fn spawn(host: &Host, function: &Function, port: u16, place: &Place) -> std::io::Result<Child> {
    // The local cloud has one version of each function, the first; without an alias it is the one that changes.
    let version = if function.alias.is_some() { "1" } else { "$LATEST" };
    let mut command = Command::new(host.binaries.join(&function.binary));
    command
        .env_clear()
        .envs(
            ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "RUST_BACKTRACE"]
                .into_iter()
                .filter_map(|name| std::env::var_os(name).map(|value| (name, value))),
        )
        .envs(host.environment.iter().map(|(name, value)| (name, value)))
        .envs(&function.environment)
        .envs(host.credentials.variables(&function.name))
        .env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}"))
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string())
        .env("AWS_LAMBDA_FUNCTION_VERSION", version)
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", &function.log_group)
        .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/{}[{version}]{}", function.name, place.number))
        .env("_HANDLER", "bootstrap")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(place.group)
        .kill_on_drop(true);
    command.spawn()
}

fn forward(function: Arc<Function>, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
    let Some(stream) = stream else {
        return;
    };
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            logs::function(&function.name, &function.log_group, &line);
        }
    });
}
