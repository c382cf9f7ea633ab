//! How each front door shows the ledger's things: one rendering for its answers and for its webhooks, so that the two
//! never drift apart.

pub mod charges;
pub mod direct;
pub mod intents;

use serde_json::{Value, json};
use tollgate_domain::{Event, EventKind, FrontDoor, Payment, payment::Status};

/// Those fields of an object that are not what they were, as they were.
fn changed(before: &Value, after: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| after.get(name.as_str()) != Some(*value));
    Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The version of the `intents` API, as its changelog counts.
pub const INTENTS_VERSION: &str = "2.4";

/// Why no money was taken, as a code and a sentence; `None` while it may still be.
fn failure(payment: &Payment) -> Option<(&'static str, &'static str)> {
    match (payment.state.decline, payment.state.status) {
        (Some(decline), _) => Some((decline.code(), decline.message())),
        (None, Status::Canceled) => {
            Some(("payment_canceled", "The payment was canceled before it was made."))
        }
        _ => None,
    }
}

/// The name that an API gives to an event; `None` when the API's text knows no such event.
pub fn event_type(event: &Event, api: FrontDoor) -> Option<&'static str> {
    name(event.kind, api)
}

/// The names of all the events that an API delivers.
pub fn event_types(api: FrontDoor) -> impl Iterator<Item = &'static str> {
    EventKind::ALL.iter().filter_map(move |kind| name(*kind, api))
}

/// The name that an API gives to a kind of event; `None` when the API's text knows no such event.
pub fn name(kind: EventKind, api: FrontDoor) -> Option<&'static str> {
    match api {
        FrontDoor::Charges => charges::event_type(kind),
        FrontDoor::Direct => direct::event_type(kind),
        FrontDoor::Intents => Some(intents::event_type(kind)),
        // Their texts have no webhooks, and no endpoint can be registered for them.
        FrontDoor::Simple | FrontDoor::Checkout => None,
    }
}

/// The body of an event as an API delivers it; `None` when the API's text knows no such event.
///
/// `challenge_url` is where the payment's challenge is answered, for an event of a payment that requires one.
pub fn event(event: &Event, api: FrontDoor, livemode: bool, challenge_url: Option<&str>) -> Option<Value> {
    let event_type = event_type(event, api)?;
    let mut data = json!({"object": null});
    let object = match api {
        FrontDoor::Charges => charges::subject(&event.subject, challenge_url),
        FrontDoor::Direct => direct::subject(&event.subject, challenge_url),
        FrontDoor::Intents => {
            let context = intents::Context { livemode, challenge_url, client_secret: None };
            let object = intents::subject(&event.subject, event.kind, context);
            if let Some(previous) = &event.previous {
                let previous = intents::subject(previous, event.kind, context);
                data["previous_attributes"] = changed(&previous, &object);
            }
            object
        }
        FrontDoor::Simple | FrontDoor::Checkout => return None,
    };
    data["object"] = object;
    let id = event.id.to_prefixed("evt_");
    let created = event.created.s();
    Some(match api {
        FrontDoor::Intents => json!({
            "id": id,
            "object": "event",
            "api_version": INTENTS_VERSION,
            "created": created,
            "data": data,
            "livemode": livemode,
            "request": {
                // Empty where nobody asked.
                "id": Some(&event.request.request_id).filter(|id| !id.is_empty()),
                "idempotency_key": event.request.idempotency_key,
            },
            "type": event_type,
        }),
        _ => json!({"id": id, "type": event_type, "created": created, "data": data}),
    })
}
