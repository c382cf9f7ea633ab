//! Secrets Manager, for what may not be in a function's environment, which everyone with access to its
//! configuration can read.
//!
//! Two operations of a JSON protocol, signed with the SDK's signer, which is in every function anyway. It is
//! smaller and starts faster than the SDK's client for the service (figures in `docs/decisions.md`).

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::{
    client::{http::HttpConnector, orchestrator::HttpRequest},
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{AwsEnvironment, aws::Connections, error::StoreError};

/// The service's name in signatures and host names.
const SERVICE: &str = "secretsmanager";
/// Timeout of one try of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Most tries of a call.
const ATTEMPTS_MAX: u32 = 3;
/// The wait before the second try. It doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Largest answer, in bytes. A secret has at most 64 KB.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Reads secrets, and writes them for the operator.
#[derive(Clone)]
pub struct Secrets {
    connections: Connections,
    endpoint: String,
    region: String,
    credentials: Credentials,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Why a try failed.
enum Failure {
    /// A retry may succeed.
    Passing(String),
    /// A retry will not succeed.
    Final(String),
}

impl Secrets {
    /// Opens the service of an environment. Makes no call.
    pub fn open(environment: &AwsEnvironment) -> Self {
        let (region, credentials, endpoint) = environment.secrets();
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let own = format!("https://{SERVICE}.{region}.amazonaws.com{suffix}");
        Self {
            connections: environment.connections(),
            endpoint: format!("{}/", endpoint.unwrap_or(own).trim_end_matches('/')),
            region,
            credentials,
        }
    }

    /// The secret whose name or ARN an environment variable contains; `None` without the variable.
    pub async fn named_by(&self, variable: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
        match std::env::var(variable).ok().filter(|id| !id.is_empty()) {
            Some(id) => self.get(&id).await.map(Some),
            None => Ok(None),
        }
    }

    /// A secret's current text, by name or ARN. One call.
    pub async fn get(&self, id: &str) -> Result<Zeroizing<String>, StoreError> {
        let answer = self.call("GetSecretValue", &json!({"SecretId": id})).await?;
        let text = answer["SecretString"].as_str().filter(|text| !text.is_empty());
        text.map(|text| Zeroizing::new(text.to_owned())).ok_or_else(|| StoreError::Aws {
            operation: "GetSecretValue",
            detail: format!("{id} holds no text"),
        })
    }

    /// Replaces a secret's text. One call.
    pub async fn put(&self, id: &str, text: &str) -> Result<(), StoreError> {
        let token = format!("{:032x}", nanos());
        let body = json!({"SecretId": id, "SecretString": text, "ClientRequestToken": token});
        self.call("PutSecretValue", &body).await.map(|_| ())
    }

    async fn call(&self, operation: &'static str, body: &Value) -> Result<Value, StoreError> {
        let body = body.to_string();
        let mut wait = FIRST_WAIT;
        let mut detail = String::new();
        for _ in 0..ATTEMPTS_MAX {
            if !detail.is_empty() {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            detail = match tokio::time::timeout(ATTEMPT_TIMEOUT, self.attempt(operation, &body)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Failure::Passing(detail))) => detail,
                Ok(Err(Failure::Final(detail))) => return Err(StoreError::Aws { operation, detail }),
                Err(_) => "no answer in time".to_owned(),
            };
        }
        Err(StoreError::Aws { operation, detail })
    }

    async fn attempt(&self, operation: &str, body: &str) -> Result<Value, Failure> {
        let last = |error: &dyn fmt::Display| Failure::Final(error.to_string());
        let target = format!("{SERVICE}.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|e| last(&e))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            self.endpoint.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|e| last(&e))?;
        let (instructions, _) = sign(signable, &parameters).map_err(|e| last(&e))?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").map_err(|e| last(&e))?;
        request.set_uri(self.endpoint.as_str()).map_err(|e| last(&e))?;
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned()).map_err(|e| last(&e))?;
        }
        let answer = self.connections.connector().call(request).await;
        let answer = answer.map_err(|e| Failure::Passing(e.to_string()))?;
        let status = answer.status();
        let read = read(answer.into_body()).await?;
        let read: Value = serde_json::from_slice(&read).unwrap_or_default();
        if status.is_success() {
            return Ok(read);
        }
        // Log only the error's name: other parts of an answer may contain a secret.
        let kind = read["__type"].as_str().unwrap_or("an unknown error");
        Err(failure(status, kind))
    }
}

fn failure(status: StatusCode, kind: &str) -> Failure {
    let detail = format!("{} {kind}", status.as_u16());
    if status.is_server_error()
        || kind.ends_with("ThrottlingException")
        || kind.ends_with("InternalServiceError")
    {
        Failure::Passing(detail)
    } else {
        Failure::Final(detail)
    }
}

async fn read(body: SdkBody) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(part) = stream.next().await {
        let part = part.map_err(|e| Failure::Passing(e.to_string()))?;
        if bytes.len() + part.len() > ANSWER_BYTES_MAX {
            return Err(Failure::Final("the answer is too long".to_owned()));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn nanos() -> u128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos()
}
