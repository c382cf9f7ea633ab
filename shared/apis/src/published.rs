//! What differs between the published APIs.

use serde_json::Value;
use tollgate_domain::{Event, EventKind, FrontDoor, Tenant};

use crate::{error::Answer, limits::ApiLimits, problem::Problem, signature::SignatureScheme};

/// A published API: everything that its text decides and that others need to know.
pub trait PublishedApi: Sync {
    /// Which API it is.
    fn front_door(&self) -> FrontDoor;

    /// What begins the paths of its routes: its version's prefix.
    fn base_path(&self) -> &'static str;

    /// Whom it is for, in a few words.
    fn purpose(&self) -> &'static str;

    /// How often it may be called.
    fn limits(&self) -> ApiLimits;

    /// Status and body of a problem.
    fn error(&self, problem: &Problem, request_id: &str) -> Answer;

    /// Its name for a kind of event; `None` if it has no such event. An API without webhooks has none.
    fn event_type(&self, _kind: EventKind) -> Option<&'static str> {
        None
    }

    /// The body of an event whose type is `event_type`; `None` for an API without webhooks.
    fn event(&self, _event: &Event, _event_type: &'static str, _context: EventContext<'_>) -> Option<Value> {
        None
    }

    /// How its webhooks are signed, beside the Standard Webhooks headers.
    fn signature(&self) -> Option<SignatureScheme> {
        None
    }
}

/// What the body of an event shows that is not stored in the event.
#[derive(Clone, Copy, Debug)]
pub struct EventContext<'a> {
    /// Whose event it is.
    pub tenant: Tenant,
    /// Where the payer completes the payment's challenge, if there is one.
    pub challenge_url: Option<&'a str>,
}
