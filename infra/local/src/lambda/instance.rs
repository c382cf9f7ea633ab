//! One process of a function and the Runtime API it speaks to.
//!
//! Every process has a listener of its own: `AWS_LAMBDA_RUNTIME_API` is a host and a port and no more, so the port is
//! what tells the processes of one function apart. When this process dies, however it dies, the connection on which a
//! function waits for its next invocation closes, and the function's runtime ends: nothing is left behind.

use std::{
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::Notify,
    task::AbortHandle,
};

use super::{FunctionError, Invocation, Lambda, Outcome};
use crate::{clock, net, template};

/// Lambda's own limit is 10 s; a debug build on a busy laptop is given more.
const INIT_LIMIT: Duration = Duration::from_secs(30);
/// Lambda's limit of an answer.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 1024;

/// One process of a function.
pub(super) struct Instance {
    pub(super) function: Arc<template::Function>,
    pub(super) pid: Option<u32>,
    work: Mutex<Work>,
    assigned: Notify,
    kill: Notify,
    invocations: AtomicU64,
}

struct Work {
    /// Given to this process, not yet picked up by it.
    next: Option<Invocation>,
    /// Picked up, not yet answered, and the timer that ends the process if it never is.
    current: Option<(Invocation, AbortHandle)>,
    asked: bool,
    /// Why the process is being ended, for the caller who waits.
    verdict: Option<String>,
    last_used: Instant,
}

impl Instance {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn assign(&self, invocation: Invocation) {
        self.lock().next = Some(invocation);
        self.assigned.notify_one();
    }

    /// What the process leaves behind: what it was doing and what it had not begun.
    pub(super) fn take_work(&self) -> (Option<Invocation>, Option<Invocation>) {
        let mut work = self.lock();
        let current = work.current.take().map(|(invocation, timer)| {
            timer.abort();
            invocation
        });
        (current, work.next.take())
    }

    pub(super) fn has_asked(&self) -> bool {
        self.lock().asked
    }

    pub(super) fn is_busy(&self) -> bool {
        let work = self.lock();
        work.next.is_some() || work.current.is_some()
    }

    pub(super) fn last_used(&self) -> Instant {
        self.lock().last_used
    }

    pub(super) fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::Relaxed)
    }

    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    fn kill_because(&self, verdict: String) {
        self.lock().verdict = Some(verdict);
        self.kill();
    }

    /// Answers the invocation with this id, if it is the one under way.
    fn answer(&self, id: &str, outcome: Outcome) -> bool {
        let done = {
            let mut work = self.lock();
            work.last_used = Instant::now();
            match &work.current {
                Some((invocation, _)) if invocation.id == id => work.current.take(),
                _ => None,
            }
        };
        let Some((invocation, timer)) = done else {
            return false;
        };
        timer.abort();
        self.invocations.fetch_add(1, Ordering::Relaxed);
        // The caller may have gone away; the work is done all the same.
        let _ = invocation.reply.send(outcome);
        true
    }
}

/// Starts a process, serves its Runtime API and stays until it has ended.
pub(super) async fn run(lambda: Arc<Lambda>, function: Arc<template::Function>, number: u64) {
    let listener = match net::bind(0).await {
        Ok(listener) => listener,
        Err(error) => return lambda.not_started(&function, &error.to_string()),
    };
    let mut child = match spawn(&lambda, &function, listener.port, number) {
        Ok(child) => child,
        Err(error) => {
            let reason = format!("{} can't be started: {error}", function.binary);
            crate::log(&function.name, &reason);
            return lambda.not_started(&function, &reason);
        }
    };
    forward(&function.name, child.stdout.take());
    forward(&function.name, child.stderr.take());
    let instance = Arc::new(Instance {
        pid: child.id(),
        function,
        work: Mutex::new(Work {
            next: None,
            current: None,
            asked: false,
            verdict: None,
            last_used: Instant::now(),
        }),
        assigned: Notify::new(),
        kill: Notify::new(),
        invocations: AtomicU64::new(0),
    });
    let server = tokio::spawn(listener.serve(routes(lambda.clone(), instance.clone())));
    lambda.started(&instance);
    let reason = watch(&instance, &mut child).await;
    server.abort();
    lambda.ended(&instance, &reason);
}

/// Waits until the process has ended, by itself or because it was told to, and says why.
async fn watch(instance: &Instance, child: &mut Child) -> String {
    let init_limit = tokio::time::sleep(INIT_LIMIT);
    tokio::pin!(init_limit);
    let mut initialising = true;
    loop {
        tokio::select! {
            status = child.wait() => {
                let verdict = instance.lock().verdict.take();
                return verdict.unwrap_or_else(|| match status {
                    Ok(status) => format!("Runtime exited with error: {status}"),
                    Err(error) => format!("Runtime exited: {error}"),
                });
            }
            () = instance.kill.notified() => {
                // It may have ended by itself in the meantime; `wait` tells.
                let _ = child.start_kill();
            }
            () = &mut init_limit, if initialising => {
                initialising = false;
                if !instance.has_asked() {
                    instance.kill_because(format!("Runtime init took longer than {} s", INIT_LIMIT.as_secs()));
                }
            }
        }
    }
}

fn spawn(lambda: &Lambda, function: &template::Function, port: u16, number: u64) -> std::io::Result<Child> {
    let host = &lambda.host;
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
        // Each function has credentials of its own, by which an endpoint knows who calls.
        .env("AWS_ACCESS_KEY_ID", &function.name)
        .env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}"))
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string())
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{number}"))
        .env("_HANDLER", "bootstrap")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn()
}

fn forward(name: &str, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
    let (name, Some(stream)) = (name.to_owned(), stream) else {
        return;
    };
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            crate::logs::function(&name, &line);
        }
    });
}

type Shared = State<(Arc<Lambda>, Arc<Instance>)>;

fn routes(lambda: Arc<Lambda>, instance: Arc<Instance>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(ANSWER_BYTES_MAX))
        .with_state((lambda, instance))
}

async fn next(State((_, instance)): Shared) -> Response {
    loop {
        // Registered before looking, so that an invocation assigned in between is not missed.
        let assigned = instance.assigned.notified();
        if let Some(response) = pick_up(&instance) {
            return response;
        }
        assigned.await;
    }
}

fn pick_up(instance: &Arc<Instance>) -> Option<Response> {
    let mut work = instance.lock();
    work.asked = true;
    let invocation = work.next.take()?;
    let function = &instance.function;
    let deadline_ms = clock::now_ms() + u64::try_from(function.timeout.as_millis()).unwrap_or(u64::MAX / 2);
    let id = invocation.id.clone();
    let response = (
        [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", id.clone()),
            ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                format!(
                    "arn:aws:lambda:{}:{}:function:{}",
                    template::REGION,
                    template::ACCOUNT,
                    function.name
                ),
            ),
            ("lambda-runtime-trace-id", clock::trace_id()),
        ],
        invocation.payload.clone(),
    )
        .into_response();
    let timed = instance.clone();
    let timer = tokio::spawn(async move {
        tokio::time::sleep(timed.function.timeout).await;
        let seconds = timed.function.timeout.as_secs_f64();
        let still_running = timed.lock().current.as_ref().is_some_and(|(i, _)| i.id == id);
        if still_running {
            timed.kill_because(format!("Task timed out after {seconds:.2} seconds"));
        }
    });
    work.current = Some((invocation, timer.abort_handle()));
    Some(response)
}

async fn response(State((lambda, instance)): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    finish(&lambda, &instance, &id, Ok(body))
}

async fn error(
    State((lambda, instance)): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers
        .get("lambda-runtime-function-error-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("Unhandled");
    crate::log(
        &instance.function.name,
        &format!("invocation failed ({kind}): {}", String::from_utf8_lossy(&body)),
    );
    finish(&lambda, &instance, &id, Err(FunctionError::Failed { payload: body }))
}

fn finish(lambda: &Arc<Lambda>, instance: &Arc<Instance>, id: &str, outcome: Outcome) -> Response {
    if !instance.answer(id, outcome) {
        return (StatusCode::BAD_REQUEST, "{\"errorType\":\"InvalidRequestID\"}").into_response();
    }
    lambda.released(instance);
    (StatusCode::ACCEPTED, "{\"status\":\"OK\"}").into_response()
}

async fn init_error(State((_, instance)): Shared, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body);
    crate::log(&instance.function.name, &format!("initialisation failed: {text}"));
    instance.kill_because(format!("Runtime init failed: {text}"));
    StatusCode::ACCEPTED.into_response()
}
