//! How AWS is reached, read from the function's environment.
//!
//! The SDK's usual loading (`aws-config` and the default HTTPS client) makes up most of a function's start: it looks
//! for profiles and parses every root certificate of the system. A Lambda function has region and credentials in
//! its environment, and talks to AWS alone, so it needs neither: the roots are Amazon's own five.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedAsyncSleep, SharedHttpClient, retry::RetryConfig,
    timeout::TimeoutConfig,
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

use crate::error::StoreError;

/// Amazon Trust Services' roots, from <https://www.amazontrust.com/repository>.
const AMAZON_ROOTS: &str = include_str!("../certs/amazon-roots.pem");
/// A call that has not answered by then is tried again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Tries of one call, the first included.
const ATTEMPTS_MAX: u32 = 3;

/// Where AWS is and who we are there.
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
    /// Every merchant resource. Streamed.
    pub main: String,
    /// API keys and their rate windows: written on every request, so without a stream.
    pub keys: String,
    /// Events and deliveries, with a time to live, without a stream, so that publishing never feeds on itself.
    pub events: String,
}

fn variable(name: &'static str) -> Result<String, StoreError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(StoreError::Environment(name))
}

impl Tables {
    /// Reads `TOLLGATE_TABLE`, `TOLLGATE_KEYS_TABLE` and `TOLLGATE_EVENTS_TABLE`. A function that is not given a table
    /// does not use it.
    pub fn from_environment() -> Result<Self, StoreError> {
        let other = |name| variable(name).unwrap_or_default();
        Ok(Self {
            main: variable("TOLLGATE_TABLE")?,
            keys: other("TOLLGATE_KEYS_TABLE"),
            events: other("TOLLGATE_EVENTS_TABLE"),
        })
    }
}

/// A context of fixed, checked certificates cannot fail to build; if it did, the SDK's default roots serve.
fn amazon_roots() -> Option<TlsContext> {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    TlsContext::builder().with_trust_store(trust).build().ok()
}

impl AwsEnvironment {
    /// Reads what Lambda gives every function: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`; and `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SQS` and `AWS_ENDPOINT_URL_SECRETS_MANAGER`,
    /// which the local cloud sets.
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

    /// An environment whose DynamoDB and SQS are emulated at these URLs, which accept any credentials.
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
        let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let http = match amazon_roots() {
            Some(context) => builder.tls_context(context).build_https(),
            None => builder.build_https(),
        };
        Self { region, credentials, dynamodb_endpoint, sqs_endpoint, secrets_endpoint: None, http }
    }

    /// The same environment with Secrets Manager at another URL, if one is given.
    #[must_use]
    pub fn with_secrets_endpoint(self, url: Option<String>) -> Self {
        Self { secrets_endpoint: url, ..self }
    }

    /// What it takes to call Secrets Manager: region, credentials, and the endpoint where it is emulated.
    pub(crate) fn secrets(&self) -> (String, Credentials, Option<String>) {
        (self.region.clone(), self.credentials.clone(), self.secrets_endpoint.clone())
    }

    /// A connection of its own, for a service that has no client of the SDK here.
    pub(crate) fn connector() -> Connector {
        let builder = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        match amazon_roots() {
            Some(context) => builder.tls_context(context).build(),
            None => builder.build(),
        }
    }

    /// What both services' clients have in common.
    pub(crate) fn shared(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .http_client(self.http.clone())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .build()
    }

    /// Where DynamoDB is emulated, if it is.
    pub(crate) fn dynamodb_endpoint(&self) -> Option<String> {
        self.dynamodb_endpoint.clone()
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.shared());
        config.set_endpoint_url(self.sqs_endpoint.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}
