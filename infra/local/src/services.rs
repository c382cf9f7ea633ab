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
    iam::{Credentials, PartitionKeys, Roles},
    lambda::Host,
    net::{self, Listener},
    secretsmanager,
    sqs::{self, Sqs},
    state::Secrets,
    template::Cloud,
};

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
    /// The endpoint of DynamoDB that functions are given: the one that checks their calls.
    functions_dynamodb_url: String,
    /// What the functions may do, and what of it they have done.
    pub(crate) roles: Arc<Roles>,
    credentials: Arc<Credentials>,
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
        let roles = Arc::new(Roles::of(&cloud.functions));
        let secrets_routes = secretsmanager::router(cloud.secrets.clone(), secrets.clone(), roles.clone())?;
        let functions_dynamodb = bind(0).await?;
        let mut services = Self {
            functions_dynamodb_url: functions_dynamodb.url(),
            dynamodb_url: listeners.dynamodb.url(),
            sqs_url: listeners.sqs.url(),
            secrets_url: listeners.secrets.url(),
            faults: None,
            servers: Vec::new(),
            credentials: Credentials::of(&cloud.functions)?,
            roles,
            dynamodb,
            sqs,
            secrets,
        };
        services.dynamodb.serve(listeners.dynamodb.into_v4(), stopped.clone());
        let roles = services.roles.clone();
        let sqs_routes = sqs::checked_router(services.sqs.clone(), services.sqs_url.clone(), roles.clone());
        services.serve(listeners.sqs, sqs_routes);
        services.serve(listeners.secrets, secrets_routes);
        let dynamodb_url = if options.dynamodb.can_fail {
            services.serve_faults(options, stopped).await?
        } else {
            services.dynamodb_url.clone()
        };
        let partition_keys = PartitionKeys::of(&cloud.tables);
        let routes = checks::router(dynamodb_url, options.checks, roles, partition_keys);
        services.serve(functions_dynamodb, routes);
        Ok(services)
    }

    /// Puts an endpoint that can fail in front of DynamoDB's, for functions; returns its URL.
    async fn serve_faults(
        &mut self,
        options: &Options,
        stopped: &watch::Receiver<bool>,
    ) -> Result<String, Error> {
        let listener = bind(0).await?;
        let faults = Arc::new(Faults::new(options.dynamodb.faults));
        faults.limit_partitions(options.dynamodb.partition_write_units);
        let mut replica = None;
        if options.dynamodb.lag_ms > 0 {
            let copy = Replica::open(self.dynamodb.clone(), &options.data, stopped.clone()).await?;
            copy.clone().follow(Duration::from_millis(options.dynamodb.lag_ms), stopped.clone());
            replica = Some(copy);
        }
        let routes = dynamodb_faults::router(&self.dynamodb_url, faults.clone(), replica);
        let url = listener.url();
        self.faults = Some(faults);
        self.serve(listener, routes);
        Ok(url)
    }

    fn serve(&mut self, listener: Listener, routes: Router) {
        self.servers.push(tokio::spawn(listener.serve(self.credentials.guard(routes))));
    }

    /// What every function's process is given.
    pub(crate) fn host(&self, binaries: &Path) -> Host {
        let environment = [
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.functions_dynamodb_url.as_str()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs_url.as_str()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets_url.as_str()),
        ];
        Host {
            binaries: binaries.to_owned(),
            credentials: self.credentials.clone(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}
