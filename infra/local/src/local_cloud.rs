//! Starts and stops everything that the templates describe.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use tokio::{sync::watch, task::JoinHandle};
use tollgate_gateway::VaultKeys;
use tollgate_webhooks::SigningSecret;

use crate::{
    Error, Options, Ready,
    demo::{self, Credentials, Demo, DemoContext},
    dynamodb_faults, front,
    iam::Roles,
    inbox,
    lambda::{self, Lambda},
    processors, ready,
    services::{Listeners, Services, bind},
    sources, start, state,
    template::{self, Cloud, Setting, TemplateError},
};

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
        let front = bind(options.port).await?.with_v6().await;
        let url = format!("http://localhost:{}", front.port);
        let listeners = Listeners::bind().await?;
        let secrets = Arc::new(state::Secrets::open(data.join("secrets.json"))?);
        let cloud = read_templates(options, &secrets, &url, &listeners.sqs.url())?;
        let (stop, stopped) = watch::channel(false);
        let mut services = Services::start(options, &cloud, secrets, listeners, &stopped).await?;
        let host = services.host(&options.binaries);
        let lambda = Lambda::new(host, options.lambda, &cloud.functions).map_err(Error::Processes)?;

        let demo = provision_demo(options, &cloud, &services, &url).await?;
        let merchant = demo.as_ref().map(|demo| demo.merchant.to_string());
        let secret = demo.as_ref().map(|demo| SigningSecret::from_text(&demo.inbox_secret));
        let inbox = inbox::Inbox::open(&data.join("inbox.db"), secret)?;
        let simulators = processors::Simulators::open(&data.join("networks.db"))?;
        if let Some(merchant) = merchant {
            simulators.send_notices_to(processors::NoticesTo { pages_url: format!("{url}/pages"), merchant });
        }
        let ready = ready(&cloud, &services, &url, demo.map(|demo| demo.credentials));
        let routes = front::router(lambda.clone(), &cloud.apis)
            .merge(lambda::router(lambda.clone()))
            .merge(start::router(ready.clone(), inbox.clone())?)
            .merge(inbox::router(inbox))
            .merge(processors::router(simulators))
            .merge(own_routes(lambda.clone(), services.roles.clone()));
        let routes = match &services.faults {
            Some(faults) => routes.merge(dynamodb_faults::routes(faults.clone())),
            None => routes,
        };
        let port = front.port;
        services.servers.push(tokio::spawn(front.serve(routes)));
        let Services { dynamodb, sqs, servers, .. } = services;
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

/// Makes the demo merchant, where the templates are the gateway's.
async fn provision_demo(
    options: &Options,
    cloud: &Cloud,
    services: &Services,
    url: &str,
) -> Result<Option<Demo>, Error> {
    demo::provision_demo(&DemoContext {
        data: &options.data,
        dynamodb_url: &services.dynamodb_url,
        sqs_url: &services.sqs_url,
        tables: &tables_by_variable(cloud),
        inbox_url: &format!("{url}/_inbox/receive"),
        vault_keys: vault_keys(cloud, &services.secrets)?,
        accounts: processors::demo_accounts(url),
    })
    .await
}

fn ready(cloud: &Cloud, services: &Services, url: &str, credentials: Option<Credentials>) -> Ready {
    Ready {
        apis: ready::published(cloud, url),
        served: cloud.apis.iter().map(|api| api.name.clone()).collect(),
        page: format!("{url}/"),
        dashboard: format!("{url}/_inbox"),
        dynamodb: services.dynamodb_url.clone(),
        sqs: services.sqs_url.clone(),
        secretsmanager: services.secrets_url.clone(),
        credentials,
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

fn own_routes(lambda: Arc<Lambda>, roles: Arc<Roles>) -> Router {
    Router::new()
        .route("/_local/health", get(|| async { (StatusCode::OK, "{\"status\":\"ok\"}") }))
        .route("/_local/functions", get(functions))
        .with_state(lambda)
        .merge(Router::new().route("/_local/grants", get(grants)).with_state(roles))
}

async fn functions(State(lambda): State<Arc<Lambda>>) -> impl IntoResponse {
    axum::Json(lambda.running())
}

/// Every grant of the functions' policies, and how often it was used since the start, on which resources.
async fn grants(State(roles): State<Arc<Roles>>) -> impl IntoResponse {
    axum::Json(roles.uses())
}
