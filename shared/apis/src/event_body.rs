//! The body of an event, as `charges` and `direct` deliver it.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::Event;

/// Prefix of an event's id, in every API with webhooks.
pub(crate) const EVENT_PREFIX: &str = "evt_";

/// The body of an event of `charges` and `direct`.
#[derive(Debug, Serialize)]
pub(crate) struct EventBody {
    /// `evt_…`.
    id: String,
    r#type: &'static str,
    /// Unix seconds.
    created: i64,
    data: EventData,
}

#[derive(Debug, Serialize)]
struct EventData {
    object: Value,
}

impl EventBody {
    pub(crate) fn new(event: &Event, event_type: &'static str, object: Value) -> Self {
        Self {
            id: event.id.to_prefixed(EVENT_PREFIX),
            r#type: event_type,
            created: event.created.s(),
            data: EventData { object },
        }
    }
}
