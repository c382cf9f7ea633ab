//! What each function may do to the tables, enforced: an endpoint in front of DynamoDB that refuses a call which the function's
//! policies do not grant, as IAM would.
//!
//! It also can answer every eventually consistent read as if nothing had been written yet: DynamoDB promises no more, and a
//! decision that is made on such a read shows.
//!
//! Both are for tests (see `Checks`): without them functions are given DynamoDB's own endpoint, and no call pays for this.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::template::{ACCOUNT, Function, REGION};

/// DynamoDB's own limit of a request.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a function reads while it starts, whatever it may read.
const WARM_UP_KEY: &str = "WARM-UP";

/// What the local cloud checks beyond running the functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Refuse calls of DynamoDB that the function's policies do not grant.
    pub grants: bool,
    /// Answer eventually consistent reads as if nothing had been written yet. Lists and whatever else may trail the table
    /// are then empty.
    pub stale_reads: bool,
}

impl Checks {
    /// Whether functions need the endpoint of this module.
    pub(crate) fn any(self) -> bool {
        self.grants || self.stale_reads
    }
}

/// What a function may do: an action on resources, either of which may end in `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `dynamodb:GetItem`, ….
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

fn covers(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

impl Grant {
    fn allows(&self, action: &str, resource: &str) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| covers(pattern, text));
        any(&self.actions, action) && any(&self.resources, resource)
    }
}

/// What every function may do, by its name, which is the access key id that the local cloud gives it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants(HashMap<String, Vec<Grant>>);

impl Grants {
    pub(crate) fn of(functions: &[Function]) -> Self {
        Self(functions.iter().map(|f| (f.name.clone(), f.grants.clone())).collect())
    }

    /// Why a caller may not do this; `None` when it may. Who is no function is the operator or a test.
    pub(crate) fn refusal(&self, caller: &str, action: &str, resource: &str) -> Option<String> {
        let grants = self.0.get(caller)?;
        let granted = grants.iter().any(|grant| grant.allows(action, resource));
        (!granted)
            .then(|| format!("User: {caller} is not authorized to perform: {action} on resource: {resource}"))
    }
}

/// The access key id of a signed request.
pub(crate) fn caller(headers: &HeaderMap) -> &str {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let credential = authorization.and_then(|text| text.split_once("Credential="));
    credential.and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default()
}

/// Begins the session token of every local cloud's functions; what follows is one cloud's own.
pub(crate) const SESSION: &str = "local-session-";

/// Refuses calls of another local cloud's functions, which outlive it for a moment and may find one of its ports taken again.
pub(crate) fn of_this_cloud(routes: Router, session: String) -> Router {
    let check = move |headers: HeaderMap, request: Request, next: Next| {
        let token = headers.get("x-amz-security-token").and_then(|t| t.to_str().ok());
        let strange = token.is_some_and(|token| token.starts_with(SESSION) && token != session);
        async move {
            if strange {
                let text = "The security token included in the request is of another local cloud.";
                return error("UnrecognizedClientException", text);
            }
            next.run(request).await
        }
    };
    routes.layer(middleware::from_fn(check))
}

fn error(kind: &str, text: &str) -> Response {
    let kind = format!("com.amazon.coral.service#{kind}");
    let body = json!({"__type": kind, "Message": text}).to_string();
    (StatusCode::BAD_REQUEST, JSON, body).into_response()
}

/// The actions that a call of DynamoDB needs, each with its resource.
fn needs(operation: &str, body: &Value) -> Vec<(String, String)> {
    let action = |name: &str| format!("dynamodb:{name}");
    let arn = |table: &str| format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}");
    let table = body["TableName"].as_str().unwrap_or_default();
    match operation {
        // A transaction has no action of its own: it needs those of its parts.
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            parts
                .filter_map(|part| part.as_object()?.iter().next())
                .map(|(name, part)| {
                    let name = if name == "ConditionCheck" {
                        "ConditionCheckItem".to_owned()
                    } else {
                        format!("{name}Item")
                    };
                    (action(&name), arn(part["TableName"].as_str().unwrap_or_default()))
                })
                .collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (action(operation), arn(table))).collect()
        }
        _ => {
            let resource = match body["IndexName"].as_str() {
                Some(index) => format!("{}/index/{index}", arn(table)),
                None => arn(table),
            };
            vec![(action(operation), resource)]
        }
    }
}

/// What an eventually consistent read may answer at worst; `None` for any other call.
fn stale_answer(operation: &str, body: &Value) -> Option<Value> {
    let consistent = |part: &Value| part["ConsistentRead"] == true;
    match operation {
        "GetItem" if !consistent(body) => Some(json!({})),
        "Query" | "Scan" if !consistent(body) => Some(json!({"Items": [], "Count": 0, "ScannedCount": 0})),
        "BatchGetItem" => {
            let mut tables = body["RequestItems"].as_object()?.values();
            tables.any(|part| !consistent(part)).then(|| json!({"Responses": {}, "UnprocessedKeys": {}}))
        }
        _ => None,
    }
}

struct Front {
    dynamodb: String,
    client: reqwest::Client,
    checks: Checks,
    grants: Grants,
}

/// The endpoint in front of the one at `dynamodb`.
pub(crate) fn router(dynamodb: String, checks: Checks, grants: Grants) -> Router {
    let client = reqwest::Client::new();
    Router::new()
        .route("/", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Front { dynamodb, client, checks, grants }))
}

const JSON: [(&str, &str); 1] = [("content-type", "application/x-amz-json-1.0")];

async fn call(State(front): State<Arc<Front>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let operation = target.and_then(|t| t.rsplit('.').next()).unwrap_or_default();
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    if front.checks.grants {
        let refusal = needs(operation, &read)
            .iter()
            .find_map(|(action, resource)| front.grants.refusal(caller(&headers), action, resource));
        if let Some(refusal) = refusal {
            // A warm-up that is refused has made the connection all the same.
            if read["Key"]["pk"]["S"] != WARM_UP_KEY {
                crate::log("grants", &refusal);
            }
            return error("AccessDeniedException", &refusal);
        }
    }
    let stale = stale_answer(operation, &read).filter(|_| front.checks.stale_reads);
    if let Some(answer) = stale {
        return (JSON, answer.to_string()).into_response();
    }
    match front.pass_on(&headers, body).await {
        Ok(answer) => answer,
        Err(error) => {
            crate::log("dynamodb", &error.to_string());
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

impl Front {
    async fn pass_on(&self, headers: &HeaderMap, body: Bytes) -> Result<Response, reqwest::Error> {
        let mut request = self.client.post(&self.dynamodb).body(body);
        for (name, value) in headers {
            if name != "host" && name != "content-length" {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        Ok((status, headers, answer.bytes().await?).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_needs_the_actions_of_its_parts_on_what_they_touch() {
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table/t";
        let query = json!({"TableName": "t", "IndexName": "gsi1"});
        assert_eq!(needs("Query", &query), [("dynamodb:Query".to_owned(), format!("{table}/index/gsi1"))]);
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}},
        ]});
        let names: Vec<String> =
            needs("TransactWriteItems", &transaction).into_iter().map(|(action, _)| action).collect();
        assert_eq!(names, ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"]);
    }

    #[test]
    fn a_function_may_do_what_its_policies_say_and_others_may_do_anything() {
        let grant = |action: &str, resource: &str| Grant {
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
        };
        let grants = vec![grant("dynamodb:Query", "t/index/*"), grant("dynamodb:GetItem", "t")];
        let grants = Grants(HashMap::from([("f".to_owned(), grants)]));
        assert_eq!(grants.refusal("f", "dynamodb:Query", "t/index/gsi1"), None);
        assert_eq!(grants.refusal("f", "dynamodb:GetItem", "t"), None);
        assert!(grants.refusal("f", "dynamodb:PutItem", "t").is_some());
        assert!(grants.refusal("f", "dynamodb:GetItem", "u").is_some());
        assert_eq!(grants.refusal("operator", "dynamodb:PutItem", "t"), None);
    }

    #[tokio::test]
    async fn functions_of_another_cloud_are_strangers() {
        let routes = Router::new().route("/", post(|| async { "called" }));
        let routes = of_this_cloud(routes, format!("{SESSION}ours"));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        for (token, status) in [("local-session-ours", 200), ("local-session-theirs", 400), ("local", 200)] {
            let call = reqwest::Client::new().post(&url).header("x-amz-security-token", token);
            assert_eq!(call.send().await.unwrap().status(), status, "{token}");
        }
    }
}
