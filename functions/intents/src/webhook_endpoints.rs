//! Webhook endpoints: what their routes take and show.

use serde_json::Value;
/// Prefix of an endpoint's id.
pub use tollgate_apis::intents::ENDPOINT_PREFIX as PREFIX;
use tollgate_apis::intents::{self, Context};
use tollgate_domain::{
    EndpointId, FrontDoor, Resource, Tenant, WebhookEndpoint,
    endpoint::ENABLED_EVENTS_MAX,
    id::EndpointKind,
    text::{DESCRIPTION_CHARS_MAX, URL_BYTES_MAX},
};
use tollgate_gateway::{EndpointUpdate, NewEndpoint, PageRequest};
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// Longest entry of `enabled_events`.
const EVENT_TYPE_CHARS_MAX: usize = 100;
/// The APIs whose events can be delivered.
const APIS: &[&str] = &["intents", "charges", "direct"];

/// Reads the body of a create. `enabled_events` is every event when absent.
pub fn read_create(mut body: Fields) -> Result<NewEndpoint, FieldError> {
    let url = body.required_string("url", URL_BYTES_MAX)?;
    let api = body.one_of("api", APIS)?.and_then(FrontDoor::parse).unwrap_or(FrontDoor::Intents);
    let enabled_events = body
        .strings("enabled_events", ENABLED_EVENTS_MAX, EVENT_TYPE_CHARS_MAX)?
        .unwrap_or_else(|| vec!["*".to_owned()]);
    if enabled_events.is_empty() {
        return Err(body.error("enabled_events", Issue::Empty));
    }
    if !enabled_events.iter().all(|pattern| is_known(pattern, api)) {
        return Err(body.error(
            "enabled_events",
            Issue::NotValid("a list of event types of the endpoint's api, `prefix.*` patterns, or `*`"),
        ));
    }
    let new = NewEndpoint {
        url,
        api,
        enabled_events,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
        allow_loopback: allow_loopback(),
    };
    expansions::read(&mut body)?;
    body.finish_without(parameters::CREATE_ENDPOINT)?;
    Ok(new)
}

/// Reads the body of an update. The events have to be of the endpoint's own API, which does not change.
pub fn read_update(mut body: Fields, current: &WebhookEndpoint) -> Result<EndpointUpdate, Problem> {
    let enabled_events = body.strings("enabled_events", ENABLED_EVENTS_MAX, EVENT_TYPE_CHARS_MAX)?;
    let known = |events: &Vec<String>| {
        !events.is_empty() && events.iter().all(|pattern| is_known(pattern, current.api))
    };
    if enabled_events.as_ref().is_some_and(|events| !known(events)) {
        let issue =
            Issue::NotValid("a list of event types of the endpoint's api, `prefix.*` patterns, or `*`");
        return Err(body.error("enabled_events", issue).into());
    }
    let update = EndpointUpdate {
        url: body.string("url", URL_BYTES_MAX)?,
        enabled_events,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        metadata: body.metadata_changes("metadata")?,
        disabled: body.boolean("disabled")?,
        allow_loopback: allow_loopback(),
    };
    expansions::read(&mut body)?;
    body.finish()?;
    Ok(update)
}

fn allow_loopback() -> bool {
    std::env::var("TOLLGATE_ALLOW_LOOPBACK_WEBHOOKS").is_ok_and(|value| value == "true")
}

/// Whether a pattern covers at least one event type of the API: one that covers none is an error.
fn is_known(pattern: &str, api: FrontDoor) -> bool {
    tollgate_apis::event_types(api).any(|known| tollgate_domain::endpoint::matches(pattern, known))
}

/// The endpoint that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<EndpointId, Problem> {
    ctx.id_in_path(PREFIX, Resource::WebhookEndpoint)
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<PageRequest<EndpointKind>, FieldError> {
    let page_request = lists::page_request(&mut query, PREFIX)?;
    expansions::read(&mut query)?;
    query.finish()?;
    Ok(page_request)
}

/// An endpoint, without its secret.
pub fn show(tenant: Tenant, endpoint: &WebhookEndpoint) -> Value {
    intents::webhook_endpoint(endpoint, Context::of(tenant))
}

/// An endpoint with its secret.
pub fn show_created(tenant: Tenant, endpoint: &WebhookEndpoint) -> Value {
    intents::webhook_endpoint_with_secret(endpoint, Context::of(tenant))
}

/// The answer to a delete.
pub fn show_deleted(id: EndpointId) -> Value {
    intents::deleted(id.to_prefixed(PREFIX), "webhook_endpoint")
}
