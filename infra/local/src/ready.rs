//! Where the running local cloud can be reached, and with which keys.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{demo::Credentials, template::Cloud};

/// The front doors, their versions' prefixes, and what each is for.
pub(crate) const FRONT_DOORS: [(&str, &str, &str); 5] = [
    ("intents", "/v2", "new integrations, and webhook endpoints of every API"),
    ("charges", "/v1", "servers that charge tokens"),
    ("direct", "/v1", "servers that take raw cards and wallets"),
    ("simple", "/v1", "the smallest integration: three routes"),
    ("checkout", "/api/v1", "hosted pages with 3-D Secure"),
];

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

/// The front doors, each with its version's prefix. One that is not in the templates yet is named all the same, since
/// programs rely on the keys of this object; its URL answers 404.
pub(crate) fn published(cloud: &Cloud, url: &str) -> Map<String, Value> {
    let missing =
        FRONT_DOORS.iter().map(|(name, prefix, _)| ((*name).to_owned(), format!("{url}/{name}{prefix}")));
    let described = cloud.apis.iter().filter_map(|api| Some((api.name.clone(), api.base_url.clone()?)));
    missing.chain(described).map(|(name, url)| (name, Value::from(url))).collect()
}
