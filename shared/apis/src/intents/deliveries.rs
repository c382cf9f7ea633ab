//! The objects of the `intents` API about webhook deliveries.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Delivery, Timestamp,
    delivery::{AttemptRecord, DeliveryStatus},
};

use super::names::{ENDPOINT_PREFIX, EVENT_PREFIX};
use crate::json::to_value;

/// The delivery of an event to an endpoint.
#[derive(Debug, Serialize)]
pub struct WebhookDelivery {
    /// `webhook_delivery`.
    object: &'static str,
    /// The event's id: an endpoint has one delivery of an event.
    id: String,
    /// `evt_…`.
    event: String,
    /// `we_…`.
    webhook_endpoint: String,
    /// Unix seconds.
    created: i64,
    /// `pending`, `succeeded`, `failed` or `canceled`.
    status: &'static str,
    /// Unix seconds.
    next_attempt_at: Option<i64>,
    attempts: Vec<DeliveryAttempt>,
}

/// An attempt of a delivery.
#[derive(Debug, Serialize)]
pub struct DeliveryAttempt {
    /// Attempt number, starting at 1.
    number: u32,
    /// Unix seconds.
    created: i64,
    duration_ms: u64,
    /// Of the endpoint's answer, if there was one.
    http_status: Option<u16>,
    /// The beginning of the endpoint's answer.
    response: String,
    /// Why there was no answer.
    error: Option<String>,
}

/// The answer to a recovery of an endpoint.
#[derive(Debug, Serialize)]
pub struct WebhookRecovery {
    /// `webhook_recovery`.
    object: &'static str,
    /// Deliveries that are made again.
    recovered: usize,
    /// Whether there are more events to recover.
    has_more: bool,
    /// The `until` of the next recovery.
    next_until: Option<RecoveryEnd>,
}

/// Where a recovery ended.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum RecoveryEnd {
    /// At this event, `evt_…`.
    Event(String),
    /// At this second, in Unix seconds.
    Second(i64),
}

/// A delivery with its attempts, as JSON.
pub fn webhook_delivery(delivery: &Delivery, attempts: &[AttemptRecord]) -> Value {
    let attempt = |attempt: &AttemptRecord| DeliveryAttempt {
        number: attempt.number,
        created: attempt.at.s(),
        duration_ms: attempt.duration_ms,
        http_status: attempt.status,
        response: attempt.response.clone(),
        error: attempt.error.clone(),
    };
    to_value(&WebhookDelivery {
        object: "webhook_delivery",
        id: delivery.event.to_prefixed(EVENT_PREFIX),
        event: delivery.event.to_prefixed(EVENT_PREFIX),
        webhook_endpoint: delivery.endpoint.to_prefixed(ENDPOINT_PREFIX),
        created: delivery.created.s(),
        status: match delivery.status {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Succeeded => "succeeded",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Canceled => "canceled",
        },
        next_attempt_at: delivery.next_attempt_at.map(Timestamp::s),
        attempts: attempts.iter().map(attempt).collect(),
    })
}

/// The answer to a recovery, as JSON; `next_until` is where it ended, if there are more events.
pub fn webhook_recovery(recovered: usize, next_until: Option<RecoveryEnd>) -> Value {
    to_value(&WebhookRecovery {
        object: "webhook_recovery",
        recovered,
        has_more: next_until.is_some(),
        next_until,
    })
}
