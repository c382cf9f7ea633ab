//! The local cloud: the functions and templates that are deployed, run on one machine without Docker or an AWS account.
//!
//! [`LocalCloud::start`] reads the SAM templates, opens the state folder and starts everything; [`LocalCloud::stop`] ends
//! everything it started. The program `tollgate-local` (`cargo local`) is a thin shell around these two.

pub mod binaries;
mod clock;
pub mod demo;
pub mod dynamodb;
mod front;
mod grants;
mod inbox;
mod lambda;
pub mod logs;
mod net;
pub mod networks;
mod secretsmanager;
mod sources;
pub mod sqs;
mod start;
pub mod state;
pub mod template;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::{sync::watch, task::JoinHandle};
use tollgate_gateway::VaultKeys;
use tollgate_webhooks::SigningSecret;

use demo::{Credentials, DemoContext};
pub use grants::{Checks, Grant};
use lambda::{Host, Lambda};
pub(crate) use logs::log;
use sqs::{Sqs, SqsError};
use template::{Cloud, Setting, TemplateError};

/// Credentials that the emulated services take without looking.
const ACCESS_KEY: &str = "local";

/// The front doors, their versions' prefixes, and what each is for.
const FRONT_DOORS: [(&str, &str, &str); 5] = [
    ("intents", "/v2", "new integrations, and webhook endpoints of every API"),
    ("charges", "/v1", "servers that charge tokens"),
    ("direct", "/v1", "servers that take raw cards and wallets"),
    ("simple", "/v1", "the smallest integration: three routes"),
    ("checkout", "/api/v1", "hosted pages with 3-D Secure"),
];

/// Why the local cloud can't run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The templates are wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The function binaries can't be built.
    #[error("the functions were not built: {0}")]
    Build(String),
    /// The port is taken, or there is none.
    #[error("port {port}: {source}")]
    Port {
        /// The port asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the data folder.
    #[error("{}: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A `SQLite` file of the data folder.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// DynamoDB.
    #[error("DynamoDB: {0}")]
    Dynamo(String),
    /// SQS.
    #[error("SQS: {0}")]
    Sqs(#[from] SqsError),
    /// The system has no randomness to give.
    #[error("no randomness: {0}")]
    Random(String),
    /// The demo merchant can't be made.
    #[error("the demo merchant was not made: {0}")]
    Demo(String),
}

impl Error {
    fn state(path: &Path, reason: impl Into<String>) -> Self {
        Self::State { path: path.to_owned(), reason: reason.into() }
    }
}

/// What to run and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of `template.yaml`.
    pub root: PathBuf,
    /// 0 takes a free one.
    pub port: u16,
    /// The folder of all state; made if it is absent.
    pub data: PathBuf,
    /// Where the function binaries are.
    pub binaries: PathBuf,
    /// Template parameters that replace the defaults.
    pub parameters: Vec<(String, String)>,
    /// What to check beyond running the functions.
    pub checks: Checks,
}

/// What a caller needs to know once everything runs: the line that `--json` prints.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// Each front door's published base URL, by name.
    pub apis: Map<String, Value>,
    /// The names of those that the templates describe.
    #[serde(skip)]
    pub served: Vec<String>,
    /// The start page.
    #[serde(skip)]
    pub page: String,
    /// The webhooks that came, for people.
    pub dashboard: String,
    /// DynamoDB's endpoint.
    pub dynamodb: String,
    /// SQS's endpoint.
    pub sqs: String,
    /// Secrets Manager's endpoint.
    pub secretsmanager: String,
    /// The demo merchant's.
    pub credentials: Option<Credentials>,
}

/// A local cloud that runs.
pub struct LocalCloud {
    /// What to tell the caller.
    pub ready: Ready,
    /// The front's port.
    pub port: u16,
    lambda: Arc<Lambda>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl LocalCloud {
    /// Starts everything; when this returns, every endpoint answers.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let data = &options.data;
        state::make_folder(data)?;
        let main = bind(options.port).await?.with_v6().await;
        let (dynamodb_listener, sqs_listener) = (bind(0).await?, bind(0).await?);
        let secrets_listener = bind(0).await?;
        let url = format!("http://localhost:{}", main.port);
        let dynamodb_url = format!("http://127.0.0.1:{}", dynamodb_listener.port);
        let sqs_url = format!("http://127.0.0.1:{}", sqs_listener.port);
        let secrets_url = format!("http://127.0.0.1:{}", secrets_listener.port);
        let secrets = Arc::new(state::Secrets::open(data.join("secrets.json"))?);

        let cloud = read_templates(options, &secrets, &url, &sqs_url)?;
        let dynamodb = dynamodb::DynamoDb::open(&data.join("dynamodb.db"), &cloud.tables)?;
        let sqs = Sqs::open(&data.join("sqs.db"), &cloud.queues)?;
        let (stop, stopped) = watch::channel(false);
        dynamodb.serve(dynamodb_listener.into_v4(), stopped.clone());
        let session = format!("{}{}", grants::SESSION, uuid::Uuid::new_v4());
        let sqs_routes = grants::of_this_cloud(sqs::router(sqs.clone(), sqs_url.clone()), session.clone());
        let mut servers = vec![tokio::spawn(sqs_listener.serve(sqs_routes))];
        let grants = grants::Grants::of(&cloud.functions);
        let enforced = options.checks.grants.then(|| grants.clone());
        let secrets_routes = secretsmanager::router(cloud.secrets.clone(), secrets.clone(), enforced)?;
        let secrets_routes = grants::of_this_cloud(secrets_routes, session.clone());
        servers.push(tokio::spawn(secrets_listener.serve(secrets_routes)));
        let mut functions_dynamodb = dynamodb_url.clone();
        if options.checks.any() {
            let listener = bind(0).await?;
            functions_dynamodb = format!("http://127.0.0.1:{}", listener.port);
            let routes = grants::router(dynamodb_url.clone(), options.checks, grants);
            let routes = grants::of_this_cloud(routes, session.clone());
            servers.push(tokio::spawn(listener.serve(routes)));
        }
        let endpoints = [functions_dynamodb.as_str(), &sqs_url, &secrets_url];
        let lambda = Lambda::new(host(options, &session, endpoints), &cloud.functions);

        let demo = demo::provision_demo(&DemoContext {
            data,
            dynamodb_url: &dynamodb_url,
            sqs_url: &sqs_url,
            tables: &tables_by_variable(&cloud),
            inbox_url: &format!("{url}/_inbox/receive"),
            vault_keys: vault_keys(&cloud, &secrets)?,
            accounts: networks::demo_accounts(&url),
        })
        .await?;
        let secret = demo.as_ref().map(|demo| SigningSecret::from_text(&demo.inbox_secret));
        let inbox = inbox::Inbox::open(&data.join("inbox.db"), secret)?;
        let networks = networks::Processors::open(&data.join("networks.db"))?;
        let ready = Ready {
            apis: published(&cloud, &url),
            served: cloud.apis.iter().map(|api| api.name.clone()).collect(),
            page: format!("{url}/"),
            dashboard: format!("{url}/_inbox"),
            dynamodb: dynamodb_url,
            sqs: sqs_url,
            secretsmanager: secrets_url,
            credentials: demo.map(|demo| demo.credentials),
        };
        let routes = front::router(lambda.clone(), &cloud.apis)
            .merge(lambda::router(lambda.clone()))
            .merge(start::router(ready.clone(), inbox.clone())?)
            .merge(inbox::router(inbox))
            .merge(networks::router(networks))
            .merge(own_routes(lambda.clone()));
        let port = main.port;
        servers.push(tokio::spawn(main.serve(routes)));
        let context = sources::Context { lambda: lambda.clone(), dynamodb, sqs, stop: stopped };
        sources::start(&context, &cloud.sources, &data.join("positions.db"))?;

        Ok(Self { ready, port, lambda, stop, servers })
    }

    /// Ends every function's process and every endpoint.
    pub async fn stop(self) {
        // Sources first, so that nothing is invoked any more.
        let _ = self.stop.send(true);
        self.lambda.stop().await;
        for server in self.servers {
            server.abort();
        }
    }
}

async fn bind(port: u16) -> Result<net::Listener, Error> {
    net::bind(port).await.map_err(|source| Error::Port { port, source })
}

fn read_templates(
    options: &Options,
    secrets: &state::Secrets,
    front_url: &str,
    sqs_url: &str,
) -> Result<Cloud, Error> {
    let secret = |name: &str, length| {
        secrets.get(name, length).map_err(|error| TemplateError::meaning(name, error.to_string()))
    };
    let setting = Setting {
        front_url: front_url.to_owned(),
        sqs_url: sqs_url.to_owned(),
        parameters: options.parameters.clone(),
        secret: &secret,
    };
    Ok(template::load(&options.root.join("template.yaml"), &setting)?)
}

/// What every function's process is given; `endpoints` are those of DynamoDB, SQS and Secrets Manager.
fn host(options: &Options, session: &str, endpoints: [&str; 3]) -> Host {
    let [dynamodb_url, sqs_url, secrets_url] = endpoints;
    let environment = [
        ("AWS_REGION", template::REGION),
        ("AWS_DEFAULT_REGION", template::REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
        ("AWS_SESSION_TOKEN", session),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_url),
        ("AWS_ENDPOINT_URL_SQS", sqs_url),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_url),
    ];
    Host {
        binaries: options.binaries.clone(),
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

/// The versions of the vault's key, where some function has a vault.
fn vault_keys(cloud: &Cloud, secrets: &state::Secrets) -> Result<Option<VaultKeys>, Error> {
    let mut arns = cloud.functions.iter().filter_map(|f| f.environment.get("TOLLGATE_VAULT_SECRET_ARN"));
    let arn = arns.next();
    let secret = cloud.secrets.iter().find(|secret| Some(&secret.arn) == arn);
    let Some(secret) = secret else { return Ok(None) };
    let text = secrets.get(&secret.name, secret.length)?;
    let keys = VaultKeys::parse(&text).map_err(|e| Error::Demo(e.to_string()))?;
    Ok(Some(keys))
}

/// The tables by the variables that name them to the functions.
fn tables_by_variable(cloud: &Cloud) -> Vec<(String, String)> {
    let mut found = std::collections::BTreeMap::new();
    for function in &cloud.functions {
        for (variable, value) in &function.environment {
            if cloud.tables.iter().any(|table| table.name == *value) {
                found.insert(variable.clone(), value.clone());
            }
        }
    }
    found.into_iter().collect()
}

/// The front doors, each with its version's prefix. One that is not in the templates yet is named all the same, since
/// programs rely on the keys of this object; its URL answers 404.
fn published(cloud: &Cloud, url: &str) -> Map<String, Value> {
    let missing =
        FRONT_DOORS.iter().map(|(name, prefix, _)| ((*name).to_owned(), format!("{url}/{name}{prefix}")));
    let described = cloud.apis.iter().filter_map(|api| Some((api.name.clone(), api.base_url.clone()?)));
    missing.chain(described).map(|(name, url)| (name, Value::from(url))).collect()
}

fn own_routes(lambda: Arc<Lambda>) -> Router {
    Router::new()
        .route("/_local/health", get(|| async { (StatusCode::OK, "{\"status\":\"ok\"}") }))
        .route("/_local/functions", get(functions))
        .with_state(lambda)
}

async fn functions(State(lambda): State<Arc<Lambda>>) -> impl IntoResponse {
    axum::Json(lambda.running())
}
