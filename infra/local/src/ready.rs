//! The URLs of the running local cloud, and the demo merchant's keys.

use serde::Serialize;
use serde_json::{Map, Value};
use tollgate_domain::FrontDoor;

use crate::{demo::Credentials, template::Cloud};

/// The running local cloud, as the line of `--json` describes it.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// Each front door's published base URL, by name.
    pub apis: Map<String, Value>,
    /// The names of the APIs that the templates describe.
    #[serde(skip)]
    pub served: Vec<String>,
    /// The start page's URL.
    #[serde(skip)]
    pub page: String,
    /// The webhook inbox's URL.
    pub dashboard: String,
    /// DynamoDB's endpoint.
    pub dynamodb: String,
    /// SQS's endpoint.
    pub sqs: String,
    /// Secrets Manager's endpoint.
    pub secretsmanager: String,
    /// The demo merchant's keys, if there is one.
    pub credentials: Option<Credentials>,
}

/// The front doors' base URLs. One that the templates lack is listed, too, because programs rely on the keys of this
/// object; its URL answers 404.
pub(crate) fn published(cloud: &Cloud, url: &str) -> Map<String, Value> {
    let missing = FrontDoor::ALL.iter().map(|door| {
        let name = door.as_str();
        (name.to_owned(), format!("{url}/{name}{}", tollgate_apis::published(*door).base_path()))
    });
    let described = cloud.apis.iter().filter_map(|api| Some((api.name.clone(), api.base_url.clone()?)));
    missing.chain(described).map(|(name, url)| (name, Value::from(url))).collect()
}
