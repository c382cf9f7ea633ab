//! Lambda: functions as real processes that speak the Lambda Runtime API.
//!
//! Each instance has a port of its own for its runtime API, so the process that asks is known by where it asks. An
//! instance runs one invocation at a time; when all are busy another one is started; one that dies, or takes too long, is
//! replaced, and whoever waited for it is told.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex as AsyncMutex, Notify, Semaphore, mpsc, oneshot, watch},
};

use crate::template::{ACCOUNT, Function, REGION};

/// Instances of one function at a time; further invocations wait.
const MAX_INSTANCES: usize = 8;
/// Invocations of one function that may wait.
const MAX_WAITING: usize = 1000;
/// An instance that had nothing to do for so long is ended.
const MAX_IDLE: Duration = Duration::from_mins(5);
/// Answers of functions are as large as Lambda lets them be, in bytes.
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// There is no such function.
    #[error("there is no function {0}")]
    Unknown(String),
    /// Too many wait for it.
    #[error("too many invocations of {0} are waiting")]
    Throttled(String),
    /// The function said that it failed.
    #[error("{0}")]
    Failed(String),
    /// It took too long and was ended.
    #[error("timed out after {0} s")]
    TimedOut(u64),
    /// Its process ended.
    #[error("the process of {0} ended")]
    Died(String),
    /// Its process could not be started.
    #[error("{0} could not be started: {1}")]
    NotStarted(String, String),
}

/// All the functions.
#[derive(Clone)]
pub struct Functions(Arc<BTreeMap<String, Pool>>);

struct Pool {
    function: Function,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    slots: Semaphore,
    waiting: Semaphore,
    idle: Mutex<Vec<Arc<Instance>>>,
    all: Mutex<Vec<Arc<Instance>>>,
}

struct Instance {
    function: String,
    pid: u32,
    work: mpsc::Sender<Invocation>,
    dead: watch::Receiver<bool>,
    end: Arc<Notify>,
    busy: AtomicBool,
    invocations: AtomicU64,
    idle_since: Mutex<Instant>,
}

struct Invocation {
    id: String,
    payload: Bytes,
    deadline_ms: u128,
    answer: Answer,
}

/// Where whoever waits for an invocation is told what came of it.
type Answer = oneshot::Sender<Result<Bytes, InvokeError>>;

/// What an instance's runtime API works on.
struct Runtime {
    arn: String,
    function: String,
    work: AsyncMutex<mpsc::Receiver<Invocation>>,
    current: Mutex<Option<(String, Answer)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Functions {
    /// The functions, none of them started. `binaries` is the folder of their binaries; `environment` is given to all.
    pub fn new(
        functions: &BTreeMap<String, Function>,
        binaries: &std::path::Path,
        environment: &[(String, String)],
    ) -> Self {
        let pools = functions.values().map(|function| {
            let pool = Pool {
                function: function.clone(),
                binary: binaries.join(&function.binary),
                environment: environment.to_vec(),
                slots: Semaphore::new(MAX_INSTANCES),
                waiting: Semaphore::new(MAX_WAITING),
                idle: Mutex::default(),
                all: Mutex::default(),
            };
            (function.binary.clone(), pool)
        });
        let functions = Self(Arc::new(pools.collect()));
        tokio::spawn(functions.clone().end_idle());
        functions
    }

    /// Runs a function and waits for its answer.
    pub async fn invoke(&self, name: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let pool = self
            .0
            .get(name)
            .ok_or_else(|| InvokeError::Unknown(name.to_owned()))?;
        let throttled = || InvokeError::Throttled(name.to_owned());
        let _waiting = pool.waiting.try_acquire().map_err(|_| throttled())?;
        let _slot = pool.slots.acquire().await.map_err(|_| throttled())?;
        let instance = pool.take().await?;
        let outcome = instance.run(payload, pool.function.timeout_s).await;
        match &outcome {
            Ok(_) | Err(InvokeError::Failed(_)) => {
                *lock(&instance.idle_since) = Instant::now();
                instance.busy.store(false, Ordering::Relaxed);
                lock(&pool.idle).push(instance);
            }
            Err(_) => instance.end.notify_one(),
        }
        outcome
    }

    /// What runs now, for people and tests.
    pub fn status(&self) -> Value {
        let instances = self.0.values().flat_map(|pool| {
            let all = lock(&pool.all).clone();
            all.into_iter().filter(|i| !*i.dead.borrow()).map(|instance| {
                json!({
                    "name": instance.function,
                    "pid": instance.pid,
                    "busy": instance.busy.load(Ordering::Relaxed),
                    "invocations": instance.invocations.load(Ordering::Relaxed),
                })
            })
        });
        Value::Array(instances.collect())
    }

    /// Ends every process and waits until they have ended.
    pub async fn stop(&self) {
        for pool in self.0.values() {
            pool.slots.close();
            let all = lock(&pool.all).clone();
            for instance in all {
                instance.end.notify_one();
                let mut dead = instance.dead.clone();
                let _ = tokio::time::timeout(Duration::from_secs(5), dead.wait_for(|dead| *dead)).await;
            }
        }
    }

    async fn end_idle(self) {
        let mut tick = tokio::time::interval(Duration::from_secs(30));
        loop {
            tick.tick().await;
            for pool in self.0.values() {
                lock(&pool.all).retain(|instance| !*instance.dead.borrow());
                lock(&pool.idle).retain(|instance| {
                    let keep = lock(&instance.idle_since).elapsed() < MAX_IDLE;
                    if !keep {
                        instance.end.notify_one();
                    }
                    keep
                });
            }
        }
    }
}

impl Pool {
    /// An idle instance that lives, or a new one.
    async fn take(&self) -> Result<Arc<Instance>, InvokeError> {
        loop {
            let idle = lock(&self.idle).pop();
            match idle {
                Some(instance) if *instance.dead.borrow() => {}
                Some(instance) => {
                    instance.busy.store(true, Ordering::Relaxed);
                    return Ok(instance);
                }
                None => break,
            }
        }
        let name = &self.function.binary;
        let instance = self
            .start()
            .await
            .map_err(|e| InvokeError::NotStarted(name.clone(), e.to_string()))?;
        lock(&self.all).push(instance.clone());
        Ok(instance)
    }

    async fn start(&self) -> std::io::Result<Arc<Instance>> {
        let name = self.function.binary.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (work, receiver) = mpsc::channel(1);
        let runtime = Arc::new(Runtime {
            arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
            function: name.clone(),
            work: AsyncMutex::new(receiver),
            current: Mutex::new(None),
        });
        let mut child = Command::new(&self.binary)
            .env_clear()
            .envs(
                std::env::vars()
                    .filter(|(key, _)| matches!(key.as_str(), "PATH" | "HOME" | "RUST_BACKTRACE")),
            )
            .envs(self.environment.iter().cloned())
            .envs(&self.function.environment)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                self.function.memory_mb.to_string(),
            )
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        forward(child.stdout.take(), &name);
        forward(child.stderr.take(), &name);
        let pid = child.id().unwrap_or_default();
        let (died, dead) = watch::channel(false);
        let end = Arc::new(Notify::new());
        let server = tokio::spawn(async move { axum::serve(listener, runtime_api(runtime)).await });
        tokio::spawn(watch_over(child, end.clone(), died, server));
        Ok(Arc::new(Instance {
            function: name,
            pid,
            work,
            dead,
            end,
            busy: AtomicBool::new(true),
            invocations: AtomicU64::new(0),
            idle_since: Mutex::new(Instant::now()),
        }))
    }
}

impl Instance {
    async fn run(&self, payload: Bytes, timeout_s: u64) -> Result<Bytes, InvokeError> {
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        let timeout = Duration::from_secs(timeout_s);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = uuid::Uuid::new_v4().to_string();
        let invocation = Invocation {
            id,
            payload,
            deadline_ms: (now + timeout).as_millis(),
            answer,
        };
        let died = || InvokeError::Died(self.function.clone());
        self.work.send(invocation).await.map_err(|_| died())?;
        let mut dead = self.dead.clone();
        tokio::select! {
            biased;
            answer = answered => answer.unwrap_or_else(|_| Err(died())),
            _ = dead.wait_for(|dead| *dead) => Err(died()),
            () = tokio::time::sleep(timeout) => Err(InvokeError::TimedOut(timeout_s)),
        }
    }
}

/// Waits until the process ends or has to be ended, and then closes its runtime API.
async fn watch_over(
    mut child: Child,
    end: Arc<Notify>,
    died: watch::Sender<bool>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
) {
    tokio::select! {
        _ = child.wait() => {}
        () = end.notified() => { let _ = child.kill().await; }
    }
    server.abort();
    let _ = died.send(true);
}

/// What a function prints goes to our standard error, under its name.
fn forward(output: Option<impl tokio::io::AsyncRead + Unpin + Send + 'static>, name: &str) {
    let Some(output) = output else { return };
    let name = name.to_owned();
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            eprintln!("{name}: {line}");
        }
    });
}

fn runtime_api(runtime: Arc<Runtime>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_ANSWER_BYTES))
        .with_state(runtime)
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(invocation) = runtime.work.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id.clone()),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", runtime.arn.clone()),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    *lock(&runtime.current) = Some((invocation.id, invocation.answer));
    (headers, invocation.payload).into_response()
}

async fn response(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    runtime.answer(&id, Ok(body))
}

async fn error(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    runtime.answer(
        &id,
        Err(InvokeError::Failed(String::from_utf8_lossy(&body).into_owned())),
    )
}

async fn init_error(State(runtime): State<Arc<Runtime>>, _headers: HeaderMap, body: Bytes) -> StatusCode {
    eprintln!(
        "{}: failed to start: {}",
        runtime.function,
        String::from_utf8_lossy(&body)
    );
    StatusCode::ACCEPTED
}

impl Runtime {
    fn answer(&self, id: &str, outcome: Result<Bytes, InvokeError>) -> StatusCode {
        let current = lock(&self.current).take_if(|(current, _)| current == id);
        match current {
            Some((_, waiting)) => {
                // Nobody waits any more when the invocation timed out.
                let _ = waiting.send(outcome);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}
