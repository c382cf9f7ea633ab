//! Events, as each API delivers and lists them.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Event, EventKind, FrontDoor};

use crate::{EventContext, published};

/// Prefix of an event's id, in every API with webhooks.
pub(crate) const EVENT_PREFIX: &str = "evt_";

/// An API's name for a kind of event; `None` if the API has no such event.
pub fn event_type(kind: EventKind, api: FrontDoor) -> Option<&'static str> {
    published(api).event_type(kind)
}

/// The names of all events that an API delivers.
pub fn event_types(api: FrontDoor) -> impl Iterator<Item = &'static str> {
    EventKind::ALL.iter().filter_map(move |kind| event_type(*kind, api))
}

/// The body of an event, as an API delivers it; `None` if the API has no such event.
pub fn event(event: &Event, api: FrontDoor, context: EventContext<'_>) -> Option<Value> {
    let api = published(api);
    api.event(event, api.event_type(event.kind)?, context)
}

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
