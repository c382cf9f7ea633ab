//! The `direct` API: `/v1`, raw cards.

mod errors;
mod names;
mod objects;

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Event, EventKind, FrontDoor, Tier};

pub use names::{CUSTOMER_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX};
pub use objects::{
    Customer, CustomerEmail, NextAction, Payment, PaymentCustomer, Refund, payment, payment_status, refund,
};

use crate::{
    Answer, EventContext, Problem, PublishedApi, SignatureScheme, event_body::EventBody, json::to_value,
    limits::ApiLimits,
};

/// The `direct` API.
#[derive(Clone, Copy, Debug)]
pub struct Direct;

impl PublishedApi for Direct {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Direct
    }

    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn purpose(&self) -> &'static str {
        "servers that take raw cards and wallets"
    }

    /// 100 requests a minute for each account, 500 from the tier `growth` on.
    fn limits(&self) -> ApiLimits {
        let requests_per_minute = |tier| match tier {
            Tier::Sandbox | Tier::Starter => 100,
            Tier::Growth | Tier::Enterprise => 500,
        };
        ApiLimits { requests_per_minute, burst: None, per_merchant: true }
    }

    fn error(&self, problem: &Problem, _request_id: &str) -> Answer {
        errors::answer(problem)
    }

    fn event_type(&self, kind: EventKind) -> Option<&'static str> {
        event_type(kind)
    }

    fn event(&self, event: &Event, event_type: &'static str, context: EventContext<'_>) -> Option<Value> {
        let object = objects::subject(&event.subject, context.challenge_url);
        Some(to_value(&EventBody::new(event, event_type, object)))
    }

    fn signature(&self) -> Option<SignatureScheme> {
        Some(SignatureScheme::BodyOnly { header: "x-webhook-signature" })
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct List {
    data: Vec<Value>,
    /// Items on a page, at most.
    limit: usize,
    /// Items before this page.
    offset: usize,
    /// Whether there are more after this page.
    has_more: bool,
}

/// A page of a list as JSON.
pub fn list(data: Vec<Value>, limit: usize, offset: usize, has_more: bool) -> Value {
    to_value(&List { data, limit, offset, has_more })
}

/// The body of `POST /v1/auth/token`.
#[derive(Debug, Serialize)]
pub struct AccessToken<'a> {
    /// The token.
    pub access_token: &'a str,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// The body of `POST /v1/auth/token`, as JSON; the token expires after `expires_in` seconds.
pub fn access_token(token: &str, expires_in: i64) -> Value {
    to_value(&AccessToken { access_token: token, token_type: "Bearer", expires_in })
}

/// The API's name for a kind of event.
const fn event_type(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::PaymentSucceeded => Some("payment.succeeded"),
        EventKind::PaymentFailed | EventKind::PaymentCanceled => Some("payment.failed"),
        EventKind::RefundCreated => Some("refund.created"),
        EventKind::CustomerCreated => Some("customer.created"),
        EventKind::CustomerUpdated => Some("customer.updated"),
        EventKind::PaymentCreated
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
        | EventKind::PaymentRequiresAction
        | EventKind::PaymentProcessing
        | EventKind::PaymentCapturable
        | EventKind::RefundSucceeded
        | EventKind::RefundFailed
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
