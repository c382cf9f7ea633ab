//! Events and deliveries: what their routes take and show.

use serde_json::Value;
use tollgate_apis::{
    EventContext,
    intents::{
        ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX, CHARGE_PREFIX, CUSTOMER_PREFIX, DISPUTE_PREFIX, METHOD_PREFIX,
        PAYMENT_PREFIX, PAYOUT_PREFIX, PRICE_PREFIX, PRODUCT_PREFIX, REFUND_PREFIX, RecoveryEnd,
        TRANSFER_PREFIX, list, webhook_delivery, webhook_recovery,
    },
};
use tollgate_domain::{
    Delivery, EndpointId, Event, EventId, FrontDoor, Id, Resource, Tenant, Timestamp, delivery::AttemptRecord,
};
use tollgate_gateway::{EventFilter, RecoverUntil, Recovered, RelatedObject};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

/// Prefix of an event's id.
pub use tollgate_apis::intents::EVENT_PREFIX as PREFIX;

use crate::{expansions, lists, parameters, webhook_endpoints::PREFIX as ENDPOINT_PREFIX};

/// Types that one list may ask for.
const TYPES_MAX: usize = 20;

/// The event that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<EventId, Problem> {
    ctx.id_in_path(PREFIX, Resource::Event)
}

/// An event, as it is delivered to an endpoint of this API.
pub fn show(ctx: &RequestContext, tenant: Tenant, event: &Event) -> Value {
    let challenge_url = match &event.subject {
        tollgate_domain::Subject::Payment(payment) => ctx.call.gateway().challenge_url(tenant, payment),
        _ => None,
    };
    let context = EventContext { tenant, challenge_url: challenge_url.as_deref() };
    tollgate_apis::event(event, FrontDoor::Intents, context).unwrap_or_default()
}

/// Reads the query of a list of events: `type` or `types[]`, `created`, and the page.
pub fn read_list(mut query: Fields) -> Result<EventFilter, FieldError> {
    let page_request = lists::page_request(&mut query, PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let one = query.string("type", ID_CHARS_MAX)?.map(|name| vec![name]);
    let filter = EventFilter {
        page_request,
        types: one.or(query.strings("types", TYPES_MAX, ID_CHARS_MAX)?),
        related: read_related(&mut query)?,
        created_from,
        created_to,
    };
    expansions::read(&mut query)?;
    query.finish_without(parameters::LIST_EVENTS)?;
    Ok(filter)
}

/// Reads `related_object`: the id of what the events are about. A charge has the events of its payment.
fn read_related(query: &mut Fields) -> Result<Option<RelatedObject>, FieldError> {
    let name = "related_object";
    let Some(text) = query.string(name, ID_CHARS_MAX)? else {
        return Ok(None);
    };
    let payment = |prefix| Id::parse(prefix, &text).map(RelatedObject::Payment).ok();
    let related = payment(PAYMENT_PREFIX)
        .or_else(|| payment(CHARGE_PREFIX))
        .or_else(|| Id::parse(REFUND_PREFIX, &text).map(RelatedObject::Refund).ok())
        .or_else(|| Id::parse(DISPUTE_PREFIX, &text).map(RelatedObject::Dispute).ok())
        .or_else(|| Id::parse(CUSTOMER_PREFIX, &text).map(RelatedObject::Customer).ok())
        .or_else(|| Id::parse(METHOD_PREFIX, &text).map(RelatedObject::PaymentMethod).ok())
        .or_else(|| Id::parse(PAYOUT_PREFIX, &text).map(RelatedObject::Payout).ok())
        .or_else(|| Id::parse(BANK_ACCOUNT_PREFIX, &text).map(RelatedObject::BankAccount).ok())
        .or_else(|| Id::parse(TRANSFER_PREFIX, &text).map(RelatedObject::Transfer).ok())
        .or_else(|| Id::parse(ACCOUNT_PREFIX, &text).map(RelatedObject::ConnectedAccount).ok())
        .or_else(|| Id::parse(PRODUCT_PREFIX, &text).map(RelatedObject::Product).ok())
        .or_else(|| Id::parse(PRICE_PREFIX, &text).map(RelatedObject::Price).ok())
        .or_else(|| Id::parse(ENDPOINT_PREFIX, &text).map(RelatedObject::Endpoint).ok());
    related.map(Some).ok_or_else(|| query.error(name, Issue::NotValid("the id of what events are about")))
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

/// The answer to a recovery.
pub fn show_recovered(recovered: &Recovered) -> Value {
    let last = recovered.last.map(|event| RecoveryEnd::Event(event.to_prefixed(PREFIX)));
    let next_until = last.or(recovered.until.map(|at| RecoveryEnd::Second(at.s())));
    webhook_recovery(recovered.deliveries, next_until)
}

/// A page of deliveries; `starting_after` takes the id of one.
pub fn show_deliveries(path: &str, deliveries: &[(Delivery, Vec<AttemptRecord>)], has_more: bool) -> Value {
    let data = deliveries.iter().map(|(delivery, attempts)| webhook_delivery(delivery, attempts));
    list(data.collect(), has_more, path)
}
