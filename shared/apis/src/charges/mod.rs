//! The `charges` API: `/v1`, amounts in minor units.

mod errors;
mod list;
mod names;
mod objects;

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Event, EventKind, FrontDoor};

pub use list::{List, list};
pub use names::{CUSTOMER_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS, VERSION};
pub use objects::{
    Customer, NextAction, Payment, Refund, Source, customer, payment, payment_status, refund, refund_status,
};

use crate::{
    Answer, EventContext, Problem, PublishedApi, RotationOrder, SignatureScheme, event_body::EventBody,
    json::to_value, limits::ApiLimits,
};

/// The `charges` API.
#[derive(Clone, Copy, Debug)]
pub struct Charges;

impl PublishedApi for Charges {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Charges
    }

    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn purpose(&self) -> &'static str {
        "servers that charge tokens"
    }

    /// 1000 requests a minute for each key.
    fn limits(&self) -> ApiLimits {
        ApiLimits { requests_per_minute: |_| 1000, burst: None, per_merchant: false }
    }

    fn error(&self, problem: &Problem, request_id: &str) -> Answer {
        errors::answer(problem, request_id)
    }

    fn event_type(&self, kind: EventKind) -> Option<&'static str> {
        event_type(kind)
    }

    fn event(&self, event: &Event, event_type: &'static str, context: EventContext<'_>) -> Option<Value> {
        let object = objects::subject(&event.subject, context.challenge_url);
        Some(to_value(&EventBody::new(event, event_type, object)))
    }

    /// The text's verifier reads the first `v1` only.
    fn signature(&self) -> Option<SignatureScheme> {
        Some(SignatureScheme::Timestamped { header: "x-signature", order: RotationOrder::OldFirst })
    }
}

/// The body of `GET /v1/health`.
#[derive(Debug, Serialize)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// See [`VERSION`].
    pub version: &'static str,
}

/// The body of `GET /v1/health`, as JSON.
pub fn health() -> Value {
    to_value(&Health { status: "ok", version: VERSION })
}

/// The API's name for a kind of event.
const fn event_type(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::PaymentSucceeded => Some("payment.succeeded"),
        EventKind::PaymentFailed | EventKind::PaymentCanceled => Some("payment.failed"),
        EventKind::PaymentRequiresAction => Some("payment.requires_action"),
        EventKind::RefundCreated => Some("refund.created"),
        EventKind::RefundSucceeded => Some("refund.succeeded"),
        EventKind::RefundFailed => Some("refund.failed"),
        EventKind::CustomerCreated => Some("customer.created"),
        EventKind::CustomerUpdated => Some("customer.updated"),
        EventKind::PaymentCreated
        | EventKind::PaymentProcessing
        | EventKind::PaymentCapturable
        | EventKind::ChargeSucceeded
        | EventKind::ChargeFailed
        | EventKind::ChargeCaptured
        | EventKind::ChargeRefunded
        | EventKind::ChargeUpdated
        | EventKind::ChargeRefundUpdated
        | EventKind::PaymentMethodAttached
        | EventKind::PaymentMethodDetached
        | EventKind::PaymentMethodUpdated
        | EventKind::RefundUpdated
        | EventKind::CustomerDeleted
        | EventKind::EndpointCreated
        | EventKind::EndpointUpdated
        | EventKind::EndpointDisabled
        | EventKind::EndpointDeleted
        | EventKind::BalanceAvailable
        | EventKind::DisputeCreated
        | EventKind::DisputeUpdated
        | EventKind::DisputeClosed
        | EventKind::DisputeFundsWithdrawn
        | EventKind::DisputeFundsReinstated
        | EventKind::PayoutCreated
        | EventKind::PayoutUpdated
        | EventKind::PayoutPaid
        | EventKind::PayoutFailed
        | EventKind::PayoutCanceled
        | EventKind::BankAccountCreated
        | EventKind::BankAccountUpdated
        | EventKind::BankAccountDeleted
        | EventKind::TransferCreated
        | EventKind::ConnectedAccountUpdated
        | EventKind::BalanceSettingsUpdated
        | EventKind::ProductCreated
        | EventKind::ProductUpdated
        | EventKind::ProductDeleted
        | EventKind::PriceCreated
        | EventKind::PriceUpdated => None,
    }
}
