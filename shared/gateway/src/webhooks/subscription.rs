//! Whether an endpoint gets an event.

use tollgate_domain::{Event, Subject, WebhookEndpoint};

/// Whether an event is delivered to an endpoint. An event about an endpoint goes to the merchant's other
/// endpoints only: a disabled one could not receive it.
pub(crate) fn wants(endpoint: &WebhookEndpoint, event: &Event) -> bool {
    let is_about_it = matches!(&event.subject, Subject::Endpoint(it) if it.id == endpoint.id);
    let event_type = tollgate_apis::event_type(event.kind, endpoint.api);
    !endpoint.deleted && !is_about_it && event_type.is_some_and(|event_type| endpoint.wants(event_type))
}
