//! A webhook endpoint.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{WebhookEndpoint as StoredEndpoint, endpoint::EndpointStatus};

use super::{super::names::ENDPOINT_PREFIX, context::Context, deleted::deleted};
use crate::json::to_value;

/// A webhook endpoint, without its secret.
#[derive(Debug, Serialize)]
pub struct WebhookEndpoint {
    /// `we_…`.
    pub id: String,
    /// `webhook_endpoint`.
    pub object: &'static str,
    /// The API whose events it receives.
    pub api: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// The merchant's description.
    pub description: Option<String>,
    /// Why Tollgate disabled it.
    pub disabled_reason: Option<String>,
    /// Event types and `prefix.*` patterns.
    pub enabled_events: Vec<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `enabled` or `disabled`.
    pub status: &'static str,
    /// Where events are sent.
    pub url: String,
    /// The signing secret; only its create and a roll show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A webhook endpoint as JSON; a deleted one as [`Deleted`].
pub fn webhook_endpoint(endpoint: &StoredEndpoint, context: Context<'_>) -> Value {
    endpoint_object(endpoint, context, None)
}

/// A webhook endpoint with its secret, as its create and a roll show it.
pub fn webhook_endpoint_with_secret(endpoint: &StoredEndpoint, context: Context<'_>) -> Value {
    endpoint_object(endpoint, context, Some(&endpoint.secret.0))
}

fn endpoint_object(endpoint: &StoredEndpoint, context: Context<'_>, secret: Option<&str>) -> Value {
    let (id, object) = (endpoint.id.to_prefixed(ENDPOINT_PREFIX), "webhook_endpoint");
    if endpoint.deleted {
        return deleted(id, object);
    }
    to_value(&WebhookEndpoint {
        id,
        object,
        api: endpoint.api.as_str(),
        created: endpoint.created.s(),
        description: endpoint.description.clone(),
        disabled_reason: endpoint.disabled_reason.clone(),
        enabled_events: endpoint.enabled_events.clone(),
        livemode: context.livemode(),
        metadata: endpoint.metadata.to_json(),
        status: match endpoint.status {
            EndpointStatus::Enabled => "enabled",
            EndpointStatus::Disabled => "disabled",
        },
        url: endpoint.url.clone(),
        secret: secret.map(str::to_owned),
    })
}
