//! Everything together, started and stopped.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path as PathParameter, State},
    http::StatusCode,
    response::{IntoResponse, Json, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tollgate_gateway::{Admin, AwsEnvironment, Gateway, OsEntropy, Store, SystemClock, Tables};

use crate::{
    demo::{self, Demo},
    dynamodb::DynamoDb,
    front::Front,
    functions::{Functions, InvokeError},
    inbox::{self, Inbox},
    queues::Queues,
    sources::{self, stream},
    sqs,
    state::StateFile,
    template::{self, REGION, STACK, Source, Surroundings},
};

/// Largest payload of a direct invocation, in bytes.
const MAX_INVOKE_BYTES: usize = 6 * 1024 * 1024;
/// The time between two sweeps of expired items.
const SWEEP: Duration = Duration::from_mins(1);

/// How to start.
pub struct Options {
    /// The project's folder.
    pub root: PathBuf,
    /// The folder of the functions' binaries.
    pub binaries: PathBuf,
    /// The port of the front; 0 for a free one.
    pub port: u16,
    /// Where state lives.
    pub data: PathBuf,
    /// Parameters of the root template that differ from their defaults.
    pub parameters: HashMap<String, String>,
}

/// A local cloud that runs.
pub struct Cloud {
    /// Where the front is.
    pub front: String,
    /// Where DynamoDB is.
    pub dynamodb: String,
    /// Where SQS is.
    pub sqs: String,
    /// The demo merchant.
    pub demo: Demo,
    functions: Functions,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Starts everything.
pub async fn start(options: Options) -> Result<Cloud, Failure> {
    std::fs::create_dir_all(&options.data)?;
    let front_listener = TcpListener::bind(("127.0.0.1", options.port))
        .await
        .map_err(|e| {
            format!(
                "port {} cannot be used: {e}. Choose another with --port",
                options.port
            )
        })?;
    let dynamodb_listener = TcpListener::bind("127.0.0.1:0").await?;
    let sqs_listener = TcpListener::bind("127.0.0.1:0").await?;
    let front = format!("http://localhost:{}", front_listener.local_addr()?.port());
    let dynamodb_url = format!("http://{}", dynamodb_listener.local_addr()?);
    let sqs_url = format!("http://{}", sqs_listener.local_addr()?);

    let mut parameters = options.parameters;
    parameters
        .entry("AllowLoopbackWebhooks".into())
        .or_insert_with(|| "true".into());
    let described = template::load(
        &options.root,
        &Surroundings {
            front: front.clone(),
            sqs: sqs_url.clone(),
            secret: secret(&options.data)?,
            parameters,
        },
    )?;

    let state = StateFile::open(&options.data.join("local.db"))?;
    let dynamodb = DynamoDb::open(&options.data.join("dynamodb.db"), &described.tables)?;
    let queues = Queues::new(state.clone(), described.queues);
    let environment = function_environment(&dynamodb_url, &sqs_url);
    let functions = Functions::new(&described.functions, &options.binaries, &environment);

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let until_stopped = || {
        let mut stopped = stopped.clone();
        async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        }
    };
    tasks.spawn({
        let served = dynamodb.clone().serve(dynamodb_listener, until_stopped());
        async move { report("DynamoDB", served.await) }
    });
    let sqs_router = sqs::router(queues.clone(), sqs_url.clone());
    tasks.spawn({
        let served = axum::serve(sqs_listener, sqs_router).with_graceful_shutdown(until_stopped());
        async move { report("SQS", served.await.map_err(|e| e.to_string())) }
    });

    let tables = Tables {
        main: STACK.into(),
        keys: format!("{STACK}-keys"),
        events: format!("{STACK}-events"),
    };
    let store = Store::open(&AwsEnvironment::emulated(&dynamodb_url, &sqs_url), tables);
    let gateway = Gateway::new(store, None, Arc::new(SystemClock), Arc::new(OsEntropy));
    let demo = demo::provision(
        &Admin::new(gateway),
        &options.data,
        &format!("{front}/_inbox/receive"),
    )
    .await?;

    let router = front_router(
        Front::new(functions.clone(), described.apis),
        functions.clone(),
        Inbox::new(state.clone(), &demo.inbox_secret),
    );
    tasks.spawn({
        let served = axum::serve(front_listener, router).with_graceful_shutdown(until_stopped());
        async move { report("the front", served.await.map_err(|e| e.to_string())) }
    });
    let with = stream::Surroundings {
        dynamodb: dynamodb.clone(),
        functions: functions.clone(),
        queues,
        state,
    };
    for source in described.sources {
        tasks.spawn(feed(source, with.clone()));
    }
    tasks.spawn(sweep(dynamodb));
    Ok(Cloud {
        front,
        dynamodb: dynamodb_url,
        sqs: sqs_url,
        demo,
        functions,
        stop,
        tasks,
    })
}

impl Cloud {
    /// Stops everything that was started.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        self.functions.stop().await;
        self.tasks.shutdown().await;
    }

    /// The line of `--json`.
    pub fn to_json(&self) -> Value {
        let api = |name: &str, prefix: &str| format!("{}/{name}{prefix}", self.front);
        json!({
            "apis": {
                "intents": api("intents", "/v2"),
                "charges": api("charges", "/v1"),
                "direct": api("direct", "/v1"),
                "simple": api("simple", "/v1"),
                "checkout": api("checkout", "/api/v1"),
            },
            "dashboard": format!("{}/_inbox", self.front),
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "credentials": self.demo.credentials,
        })
    }
}

fn report(what: &str, outcome: Result<(), String>) {
    if let Err(error) = outcome {
        eprintln!("{what}: {error}");
    }
}

/// What every function is given besides the template's environment.
fn function_environment(dynamodb: &str, sqs: &str) -> Vec<(String, String)> {
    [
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_ENDPOINT_URL_SQS", sqs),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The secret of a folder of data: read, or made.
fn secret(data: &Path) -> Result<String, Failure> {
    let file = data.join("link-secret");
    if let Ok(secret) = std::fs::read_to_string(&file) {
        return Ok(secret);
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|e| e.to_string())?;
    let secret = hex::encode(random);
    std::fs::write(&file, &secret)?;
    Ok(secret)
}

async fn feed(source: Source, with: stream::Surroundings) {
    match source {
        Source::Stream {
            function,
            table,
            batch,
            filters,
            dead_letters,
            retries,
        } => {
            stream::Stream {
                function,
                table,
                batch,
                filters,
                dead_letters,
                retries,
            }
            .run(with)
            .await;
        }
        Source::Queue {
            function,
            queue,
            batch,
        } => {
            sources::queue::run(with.functions, with.queues, function, queue, batch).await;
        }
        Source::Schedule { function } => sources::schedule::run(with.functions, function).await,
    }
}

async fn sweep(dynamodb: DynamoDb) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        let dynamodb = dynamodb.clone();
        let swept = tokio::task::spawn_blocking(move || dynamodb.sweep()).await;
        if let Ok(Err(error)) = swept {
            eprintln!("expired items were not swept: {error}");
        }
    }
}

fn front_router(front: Front, functions: Functions, inbox: Inbox) -> Router {
    let inbox_routes = Router::new()
        .route("/_inbox", get(inbox::show))
        .route("/_inbox/receive", post(inbox::receive))
        .with_state(inbox);
    let functions_routes = Router::new()
        .route(
            "/_local/functions",
            get(|State(f): State<Functions>| async move { Json(f.status()) }),
        )
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_INVOKE_BYTES))
        .with_state(functions);
    Router::new()
        .route("/_local/health", get(|| async { "ok" }))
        .merge(inbox_routes)
        .merge(functions_routes)
        .fallback(move |request| {
            let front = front.clone();
            async move { front.handle(request).await }
        })
}

/// Lambda's own `Invoke`, for `cargo lambda invoke` and `aws lambda invoke`.
async fn invoke(
    State(functions): State<Functions>,
    PathParameter(name): PathParameter<String>,
    payload: Bytes,
) -> Response {
    match functions.invoke(&name, payload).await {
        Ok(answer) => answer.into_response(),
        Err(error @ InvokeError::Unknown(_)) => {
            let body = json!({"Type": "User", "message": error.to_string()});
            (
                StatusCode::NOT_FOUND,
                [("x-amzn-errortype", "ResourceNotFoundException")],
                body.to_string(),
            )
                .into_response()
        }
        Err(error) => {
            let body = match &error {
                InvokeError::Failed(body) => body.clone(),
                other => {
                    json!({"errorMessage": other.to_string(), "errorType": "Runtime.ExitError"}).to_string()
                }
            };
            ([("x-amz-function-error", "Unhandled")], body).into_response()
        }
    }
}
