//! Access to AWS, configured by the function's environment.
//!
//! The SDK's standard loading (`aws-config` and the default HTTPS client) takes most of a function's start:
//! it searches for profiles and parses all root certificates of the system. A Lambda function has its region
//! and credentials in the environment and calls only AWS, so it needs neither. The trusted roots are Amazon's
//! five.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedAsyncSleep, SharedHttpClient, StalledStreamProtectionConfig,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_async::{
    rt::sleep::TokioSleep,
    time::{SharedTimeSource, SystemTimeSource},
};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};

use aws_types::SdkConfig;

use crate::{due_kind::DUE_SHARDS_MIN, error::StoreError};

/// The roots of Amazon Trust Services, from <https://www.amazontrust.com/repository>.
const AMAZON_ROOTS: &str = include_str!("../certs/amazon-roots.pem");
/// Timeout of one try of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection is kept that no call uses. A function is frozen between invocations, for minutes, and AWS
/// forgets connections meanwhile: after a busy invocation there would be more broken ones than a call has tries.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout of a call with all its tries. It leaves a function, which has ten seconds, the time to answer its caller.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// Most tries of a call. With the waits between them a throttled call is given up within two seconds.
const ATTEMPTS_MAX: u32 = 6;
/// The longest wait after the first failure; it doubles with each failure and is randomized. The SDK's own is a second, which
/// is long beside a call of DynamoDB.
const FIRST_WAIT_MAX: Duration = Duration::from_millis(50);

/// Region, credentials and endpoints.
#[derive(Clone)]
pub struct AwsEnvironment {
    region: String,
    credentials: Credentials,
    dynamodb_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    secrets_endpoint: Option<String>,
    http: SharedHttpClient,
}

impl std::fmt::Debug for AwsEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsEnvironment").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The names of the tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// All resources of merchants. Streamed.
    pub main: String,
    /// API keys and rate counters. They change with each request, so the table has no stream.
    pub keys: String,
    /// Events and deliveries, with a time to live. Without a stream, so that publishing does not trigger
    /// itself.
    pub events: String,
    /// Shards of the due index that writers use, from [`DUE_SHARDS_MIN`](crate::DUE_SHARDS_MIN) on. Readers read as many.
    pub due_shards: u8,
}

fn variable(name: &'static str) -> Result<String, StoreError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(StoreError::Environment(name))
}

impl Tables {
    /// The tables of the stack with this name, for the operator and for tests. Every finder reads the fewest
    /// shards, so due work that is written here is found whatever the stack's setting is.
    pub fn of_stack(stack: &str) -> Self {
        Self {
            main: stack.to_owned(),
            keys: format!("{stack}-keys"),
            events: format!("{stack}-events"),
            due_shards: DUE_SHARDS_MIN,
        }
    }

    /// Reads `TOLLGATE_TABLE`, `TOLLGATE_KEYS_TABLE`, `TOLLGATE_EVENTS_TABLE` and `TOLLGATE_DUE_SHARDS`. A
    /// function that does not use a table need not have its variable.
    pub fn from_environment() -> Result<Self, StoreError> {
        let other = |name| variable(name).unwrap_or_default();
        let due_shards = match variable("TOLLGATE_DUE_SHARDS") {
            Ok(text) => text.parse().ok().filter(|shards| *shards >= DUE_SHARDS_MIN),
            Err(_) => Some(DUE_SHARDS_MIN),
        };
        Ok(Self {
            main: variable("TOLLGATE_TABLE")?,
            keys: other("TOLLGATE_KEYS_TABLE"),
            events: other("TOLLGATE_EVENTS_TABLE"),
            due_shards: due_shards.ok_or(StoreError::Environment("TOLLGATE_DUE_SHARDS"))?,
        })
    }
}

/// Building a context of these fixed certificates cannot fail; if it did, the SDK's default roots would be
/// used.
fn amazon_roots() -> Option<TlsContext> {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    TlsContext::builder().with_trust_store(trust).build().ok()
}

impl AwsEnvironment {
    /// Reads Lambda's `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, and
    /// the local cloud's `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SQS` and
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub fn from_environment() -> Result<Self, StoreError> {
        Ok(Self::new(
            variable("AWS_REGION")?,
            Credentials::new(
                variable("AWS_ACCESS_KEY_ID")?,
                variable("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN").ok(),
                None,
                "environment",
            ),
            variable("AWS_ENDPOINT_URL_DYNAMODB").ok(),
            variable("AWS_ENDPOINT_URL_SQS").ok(),
        )
        .with_secrets_endpoint(variable("AWS_ENDPOINT_URL_SECRETS_MANAGER").ok()))
    }

    /// An environment with emulated DynamoDB and SQS at these URLs, which accept any credentials.
    pub fn emulated(dynamodb_endpoint: &str, sqs_endpoint: &str) -> Self {
        Self::new(
            "us-east-1".to_owned(),
            Credentials::new("local", "local", None, None, "emulated"),
            Some(dynamodb_endpoint.to_owned()),
            Some(sqs_endpoint.to_owned()),
        )
    }

    fn new(
        region: String,
        credentials: Credentials,
        dynamodb_endpoint: Option<String>,
        sqs_endpoint: Option<String>,
    ) -> Self {
        let builder =
            Builder::new().pool_idle_timeout(IDLE_TIMEOUT).tls_provider(Provider::Rustls(CryptoMode::Ring));
        let http = match amazon_roots() {
            Some(context) => builder.tls_context(context).build_https(),
            None => builder.build_https(),
        };
        Self { region, credentials, dynamodb_endpoint, sqs_endpoint, secrets_endpoint: None, http }
    }

    /// The same environment with another URL of Secrets Manager, if one is given.
    #[must_use]
    pub fn with_secrets_endpoint(self, url: Option<String>) -> Self {
        Self { secrets_endpoint: url, ..self }
    }

    /// Region, credentials and emulated endpoint for calls to Secrets Manager.
    pub(crate) fn secrets(&self) -> (String, Credentials, Option<String>) {
        (self.region.clone(), self.credentials.clone(), self.secrets_endpoint.clone())
    }

    /// An HTTPS connector for a service without an SDK client here.
    pub(crate) fn connector() -> Connector {
        let builder = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        match amazon_roots() {
            Some(context) => builder.tls_context(context).build(),
            None => builder.build(),
        }
    }

    /// The configuration that both SDK clients share.
    pub(crate) fn shared(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT)
            .build();
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .http_client(self.http.clone())
            .timeout_config(timeouts)
            // A body that trickles is ended by the timeouts above; measuring its speed would cost each call.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(
                RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX).with_initial_backoff(FIRST_WAIT_MAX),
            )
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .build()
    }

    /// The endpoint of an emulated DynamoDB, if there is one.
    pub(crate) fn dynamodb_endpoint(&self) -> Option<String> {
        self.dynamodb_endpoint.clone()
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.shared());
        config.set_endpoint_url(self.sqs_endpoint.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}
