//! Events and deliveries: what their routes take and show.

use serde_json::{Value, json};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, FrontDoor, Refusal, Resource, Tenant, Timestamp,
    delivery::{AttemptRecord, DeliveryStatus},
};
use tollgate_gateway::{EventFilter, RecoverUntil, Recovered};
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};
use tollgate_webhooks::render;

use crate::{
    expansions,
    lists::{self, ID_CHARS_MAX},
    webhook_endpoints::PREFIX as ENDPOINT_PREFIX,
};

/// Prefix of events' ids.
pub const PREFIX: &str = "evt_";
/// Types that one list may ask for.
const TYPES_MAX: usize = 20;

/// The event that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<EventId, Problem> {
    EventId::parse(PREFIX, ctx.request.path_parameter("id"))
        .map_err(|_| Refusal::NotFound(Resource::Event).into())
}

/// An event, as it is delivered to an endpoint of this API.
pub fn show(ctx: &RequestContext, tenant: Tenant, event: &Event) -> Value {
    let challenge_url = match &event.subject {
        tollgate_domain::Subject::Payment(payment) => ctx.call.gateway().challenge_url(tenant, payment),
        _ => None,
    };
    let livemode = tenant.mode.is_live();
    render::event(event, FrontDoor::Intents, livemode, challenge_url.as_deref()).unwrap_or_default()
}

/// Reads the query of a list of events: `type` or `types[]`, `created`, and a window.
pub fn read_list(mut query: Fields) -> Result<EventFilter, FieldError> {
    let page_request = lists::page_request(&mut query, PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let one = query.string("type", ID_CHARS_MAX)?.map(|name| vec![name]);
    let filter = EventFilter {
        page_request,
        types: one.or(query.strings("types", TYPES_MAX, ID_CHARS_MAX)?),
        created_from,
        created_to,
    };
    expansions::read(&mut query)?;
    query.finish()?;
    Ok(filter)
}

/// Reads the body of a retry: `webhook_endpoint`, or all that want the event.
pub fn read_retry(mut body: Fields) -> Result<Option<EndpointId>, FieldError> {
    let endpoint = lists::id(&mut body, "webhook_endpoint", ENDPOINT_PREFIX)?;
    body.finish()?;
    Ok(endpoint)
}

/// Reads the body of a recovery: `since`, and `until`: a second, or the place where an earlier one ended.
pub fn read_recover(mut body: Fields) -> Result<(Timestamp, Option<RecoverUntil>), FieldError> {
    let since = body.unix_time("since")?.ok_or_else(|| body.error("since", Issue::Missing))?;
    let until = if body.begins("until", PREFIX) {
        lists::id(&mut body, "until", PREFIX)?.map(RecoverUntil::Before)
    } else {
        let second = body.unix_time("until")?;
        second.map(|at| RecoverUntil::Time(at.plus_ms(999)))
    };
    body.finish()?;
    Ok((since, until))
}

/// What a recovery answers; while there is more, `next_until` is what the next one takes as its `until`.
pub fn show_recovered(recovered: &Recovered) -> Value {
    let last = recovered.last.map(|event| json!(event.to_prefixed(PREFIX)));
    let next_until = last.or(recovered.until.map(|at| json!(at.s())));
    json!({
        "object": "webhook_recovery",
        "recovered": recovered.deliveries,
        "has_more": next_until.is_some(),
        "next_until": next_until,
    })
}

/// A delivery with its attempts.
pub fn show_delivery(delivery: &Delivery, attempts: &[AttemptRecord]) -> Value {
    json!({
        "object": "webhook_delivery",
        "id": delivery.event.to_prefixed(PREFIX),
        "event": delivery.event.to_prefixed(PREFIX),
        "webhook_endpoint": delivery.endpoint.to_prefixed(ENDPOINT_PREFIX),
        "created": delivery.created.s(),
        "status": match delivery.status {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Succeeded => "succeeded",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Canceled => "canceled",
        },
        "next_attempt_at": delivery.next_attempt_at.map(Timestamp::s),
        "attempts": attempts
            .iter()
            .map(|attempt| json!({
                "number": attempt.number,
                "created": attempt.at.s(),
                "duration_ms": attempt.duration_ms,
                "http_status": attempt.status,
                "response": attempt.response,
                "error": attempt.error,
            }))
            .collect::<Vec<_>>(),
    })
}

/// A page of deliveries; `starting_after` takes the id of one.
pub fn show_deliveries(path: &str, deliveries: &[(Delivery, Vec<AttemptRecord>)], has_more: bool) -> Value {
    json!({
        "object": "list",
        "data": deliveries
            .iter()
            .map(|(delivery, attempts)| show_delivery(delivery, attempts))
            .collect::<Vec<_>>(),
        "has_more": has_more,
        "url": path,
    })
}
