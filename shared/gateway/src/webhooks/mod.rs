//! Webhook endpoints, events and deliveries.
//!
//! - `endpoints`: `create_endpoint`, `retrieve_endpoint`, `list_endpoints`, `update_endpoint`,
//!   `roll_endpoint_secret`, `delete_endpoint`.
//! - `events`: `retrieve_event`, `list_events`, `list_deliveries`.
//! - `publish`: `Publisher`: from committed changes to events and deliveries.
//! - `delivery`: `Deliverer`: one delivery attempt per queue message.
//! - `redelivery`: `retry_event`, `recover_endpoint`.
//! - `related_events`: the events of one resource.
//! - `test_event`: `test_endpoint`.
//! - `message`: the queue message of an attempt.
//! - `lines`: the log lines of an event's way.
//! - `subscription`: whether an endpoint gets an event.

pub(crate) mod change_message;
pub(crate) mod delivery;
pub(crate) mod endpoints;
pub(crate) mod events;
mod lines;
pub(crate) mod message;
pub(crate) mod publish;
pub(crate) mod redelivery;
pub(crate) mod related_events;
pub(crate) mod subscription;
pub(crate) mod test_event;
