//! Secrets Manager's JSON protocol: reading a secret's current text, and replacing it. Functions and the operator's tool
//! use nothing else.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::{
    Error,
    iam::{Caller, Need, Roles},
    state::Secrets,
    template::Secret,
};

const JSON: [(&str, &str); 1] = [("content-type", "application/x-amz-json-1.1")];

struct Endpoint {
    known: Vec<Secret>,
    secrets: Arc<Secrets>,
    roles: Arc<Roles>,
}

/// Creates the templates' secrets that do not exist yet, and serves them.
pub(crate) fn router(known: Vec<Secret>, secrets: Arc<Secrets>, roles: Arc<Roles>) -> Result<Router, Error> {
    for secret in &known {
        secrets.get(&secret.name, secret.length)?;
    }
    let endpoint = Endpoint { known, secrets, roles };
    Ok(Router::new().route("/", post(call)).with_state(Arc::new(endpoint)))
}

/// Why a call is refused: the error's name and its text.
type Refusal = (&'static str, String);

async fn call(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let operation = target.and_then(|t| t.strip_prefix("secretsmanager.")).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match endpoint.perform(operation, &caller, &body) {
        Ok(answer) => (JSON, answer.to_string()).into_response(),
        Err((kind, text)) => {
            let body = json!({"__type": kind, "Message": text}).to_string();
            (StatusCode::BAD_REQUEST, JSON, body).into_response()
        }
    }
}

impl Endpoint {
    fn perform(&self, operation: &str, caller: &Caller, body: &Value) -> Result<Value, Refusal> {
        let id = body["SecretId"].as_str().unwrap_or_default();
        let secret = self.known.iter().find(|secret| secret.arn == id || secret.name == id);
        // Whether there is such a secret is told only to who may ask for it.
        let arn = secret.map_or(id, |secret| secret.arn.as_str());
        let need = Need::new(format!("secretsmanager:{operation}"), arn);
        if let Some(refusal) = self.roles.refusal(caller, &[need]) {
            crate::logs::log("iam", &refusal);
            return Err(("AccessDeniedException", refusal));
        }
        let missing = || ("ResourceNotFoundException", format!("there is no secret `{id}`"));
        let secret = secret.ok_or_else(missing)?;
        let failed = |error: Error| ("InternalServiceError", error.to_string());
        let mut answer = json!({"ARN": secret.arn, "Name": secret.name, "VersionStages": ["AWSCURRENT"]});
        match operation {
            "GetSecretValue" => {
                let text = self.secrets.get(&secret.name, secret.length).map_err(failed)?;
                answer["SecretString"] = Value::from(text);
            }
            "PutSecretValue" => {
                let text = body["SecretString"].as_str().filter(|text| !text.is_empty());
                let text = text.ok_or(("InvalidParameterException", "SecretString is missing".to_owned()))?;
                self.secrets.put(&secret.name, text).map_err(failed)?;
            }
            other => {
                return Err(("UnknownOperationException", format!("the local cloud has no `{other}`")));
            }
        }
        Ok(answer)
    }
}
