//! The emulated AWS services, each behind its own port: DynamoDB, SQS and Secrets Manager.

use std::{path::Path, sync::Arc, time::Duration};

use axum::Router;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    Error, Options,
    aws::REGION,
    checks,
    dynamodb::DynamoDb,
    dynamodb_faults::{self, Faults, Replica},
    grants::Grants,
    lambda::Host,
    net::{self, Listener},
    secretsmanager,
    session::Session,
    sqs::{self, Sqs},
    state::Secrets,
    template::Cloud,
};

/// Credentials that the emulated services accept unchecked.
const ACCESS_KEY: &str = "local";

/// The services' ports. They are taken before the templates are read, which name SQS's.
pub(crate) struct Listeners {
    pub(crate) sqs: Listener,
    dynamodb: Listener,
    secrets: Listener,
}

impl Listeners {
    pub(crate) async fn bind() -> Result<Self, Error> {
        Ok(Self { dynamodb: bind(0).await?, sqs: bind(0).await?, secrets: bind(0).await? })
    }
}

pub(crate) async fn bind(port: u16) -> Result<Listener, Error> {
    net::bind(port).await.map_err(|source| Error::Port { port, source })
}

/// The services, running.
pub(crate) struct Services {
    pub(crate) dynamodb: Arc<DynamoDb>,
    pub(crate) sqs: Arc<Sqs>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    pub(crate) secrets_url: String,
    /// What fails DynamoDB's calls, if the options ask for it.
    pub(crate) faults: Option<Arc<Faults>>,
    /// What serves their endpoints, except DynamoDB's own.
    pub(crate) servers: Vec<JoinHandle<()>>,
    /// The endpoint of DynamoDB that functions are given: with checks, the one that checks.
    functions_dynamodb_url: String,
    session: Session,
}

impl Services {
    /// Opens the services' files and serves them; DynamoDB's endpoint ends when `stopped` says so.
    pub(crate) async fn start(
        options: &Options,
        cloud: &Cloud,
        secrets: Arc<Secrets>,
        listeners: Listeners,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let dynamodb = DynamoDb::open(&options.data.join("dynamodb.db"), &cloud.tables)?;
        let sqs = Sqs::open(&options.data.join("sqs.db"), &cloud.queues)?;
        let grants = Grants::of(&cloud.functions);
        let enforced = options.checks.grants.then(|| grants.clone());
        let secrets_routes = secretsmanager::router(cloud.secrets.clone(), secrets.clone(), enforced)?;
        let dynamodb_url = listeners.dynamodb.url();
        let mut services = Self {
            functions_dynamodb_url: dynamodb_url.clone(),
            dynamodb_url,
            sqs_url: listeners.sqs.url(),
            secrets_url: listeners.secrets.url(),
            faults: None,
            servers: Vec::new(),
            session: Session::new(),
            dynamodb,
            sqs,
            secrets,
        };
        services.dynamodb.serve(listeners.dynamodb.into_v4(), stopped.clone());
        services.serve(listeners.sqs, sqs::router(services.sqs.clone(), services.sqs_url.clone()));
        services.serve(listeners.secrets, secrets_routes);
        if options.dynamodb.can_fail {
            services.serve_faults(options, stopped).await?;
        }
        if options.checks.any() {
            let listener = bind(0).await?;
            let routes = checks::router(services.functions_dynamodb_url.clone(), options.checks, grants);
            services.functions_dynamodb_url = listener.url();
            services.serve(listener, routes);
        }
        Ok(services)
    }

    /// Puts an endpoint that can fail in front of DynamoDB's, for functions.
    async fn serve_faults(
        &mut self,
        options: &Options,
        stopped: &watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let listener = bind(0).await?;
        let faults = Arc::new(Faults::new(options.dynamodb.faults));
        let mut replica = None;
        if options.dynamodb.lag_ms > 0 {
            let copy = Replica::open(self.dynamodb.clone(), &options.data, stopped.clone()).await?;
            copy.clone().follow(Duration::from_millis(options.dynamodb.lag_ms), stopped.clone());
            replica = Some(copy);
        }
        let routes = dynamodb_faults::router(&self.dynamodb_url, faults.clone(), replica);
        self.functions_dynamodb_url = listener.url();
        self.faults = Some(faults);
        self.serve(listener, routes);
        Ok(())
    }

    fn serve(&mut self, listener: Listener, routes: Router) {
        self.servers.push(tokio::spawn(listener.serve(self.session.guard(routes))));
    }

    /// What every function's process is given.
    pub(crate) fn host(&self, binaries: &Path) -> Host {
        let environment = [
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
            ("AWS_SESSION_TOKEN", self.session.as_str()),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.functions_dynamodb_url.as_str()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs_url.as_str()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets_url.as_str()),
        ];
        Host {
            binaries: binaries.to_owned(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}
