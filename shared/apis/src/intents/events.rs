//! The events of the `intents` API.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Event, EventKind};

use super::{
    names::{EVENT_PREFIX, VERSION},
    objects::{Context, subject},
};
use crate::{EventContext, json::to_value};

/// An event.
#[derive(Debug, Serialize)]
struct EventBody<'a> {
    /// `evt_…`.
    id: String,
    object: &'static str,
    api_version: &'static str,
    /// Unix seconds.
    created: i64,
    data: EventData,
    livemode: bool,
    request: EventRequest<'a>,
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct EventData {
    object: Value,
    /// The fields that the event changed, as they were before.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_attributes: Option<Value>,
}

#[derive(Debug, Serialize)]
struct EventRequest<'a> {
    /// `req_…`; `null` if no request caused the event.
    id: Option<&'a str>,
    idempotency_key: Option<&'a str>,
}

/// The body of an event.
pub(super) fn body(event: &Event, event_type: &'static str, context: EventContext<'_>) -> Value {
    let EventContext { tenant, challenge_url } = context;
    let context = Context { tenant, challenge_url, client_secret: None };
    let object = subject(&event.subject, event.kind, context);
    let previous = event.previous.as_ref().map(|previous| subject(previous, event.kind, context));
    let previous_attributes = previous.map(|previous| changed(&previous, &object));
    to_value(&EventBody {
        id: event.id.to_prefixed(EVENT_PREFIX),
        object: "event",
        api_version: VERSION,
        created: event.created.s(),
        data: EventData { object, previous_attributes },
        livemode: tenant.mode.is_live(),
        request: EventRequest {
            id: Some(event.request.request_id.as_str()).filter(|id| !id.is_empty()),
            idempotency_key: event.request.idempotency_key.as_deref(),
        },
        r#type: event_type,
    })
}

/// The fields of an object that changed, as they were before.
fn changed(before: &Value, after: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| after.get(name.as_str()) != Some(*value));
    Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The name of a kind of event.
pub(super) const fn event_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::PaymentCreated => "payment_intent.created",
        EventKind::PaymentSucceeded => "payment_intent.succeeded",
        EventKind::PaymentFailed => "payment_intent.payment_failed",
        EventKind::PaymentRequiresAction => "payment_intent.requires_action",
        EventKind::PaymentProcessing => "payment_intent.processing",
        EventKind::PaymentCapturable => "payment_intent.amount_capturable_updated",
        EventKind::PaymentCanceled => "payment_intent.canceled",
        EventKind::ChargeSucceeded => "charge.succeeded",
        EventKind::ChargeFailed => "charge.failed",
        EventKind::ChargeCaptured => "charge.captured",
        EventKind::ChargeRefunded => "charge.refunded",
        EventKind::ChargeUpdated => "charge.updated",
        EventKind::ChargeRefundUpdated => "charge.refund.updated",
        EventKind::RefundCreated => "refund.created",
        // In this API a settled refund is an updated one; a failed one has another name.
        EventKind::RefundSucceeded | EventKind::RefundUpdated => "refund.updated",
        EventKind::RefundFailed => "refund.failed",
        EventKind::CustomerCreated => "customer.created",
        EventKind::CustomerUpdated => "customer.updated",
        EventKind::CustomerDeleted => "customer.deleted",
        EventKind::PaymentMethodAttached => "payment_method.attached",
        EventKind::PaymentMethodDetached => "payment_method.detached",
        EventKind::PaymentMethodUpdated => "payment_method.updated",
        EventKind::EndpointCreated => "webhook_endpoint.created",
        EventKind::EndpointUpdated => "webhook_endpoint.updated",
        EventKind::EndpointDisabled => "webhook_endpoint.disabled",
        EventKind::EndpointDeleted => "webhook_endpoint.deleted",
        EventKind::BalanceAvailable => "balance.available",
        EventKind::DisputeCreated => "charge.dispute.created",
        EventKind::DisputeUpdated => "charge.dispute.updated",
        EventKind::DisputeClosed => "charge.dispute.closed",
        EventKind::DisputeFundsWithdrawn => "charge.dispute.funds_withdrawn",
        EventKind::DisputeFundsReinstated => "charge.dispute.funds_reinstated",
        EventKind::PayoutCreated => "payout.created",
        EventKind::PayoutUpdated => "payout.updated",
        EventKind::PayoutPaid => "payout.paid",
        EventKind::PayoutFailed => "payout.failed",
        EventKind::PayoutCanceled => "payout.canceled",
        EventKind::BankAccountCreated => "account.external_account.created",
        EventKind::BankAccountUpdated => "account.external_account.updated",
        EventKind::BankAccountDeleted => "account.external_account.deleted",
        EventKind::TransferCreated => "transfer.created",
        EventKind::ConnectedAccountUpdated => "account.updated",
        EventKind::BalanceSettingsUpdated => "balance_settings.updated",
        EventKind::ProductCreated => "product.created",
        EventKind::ProductUpdated => "product.updated",
        EventKind::ProductDeleted => "product.deleted",
        EventKind::PriceCreated => "price.created",
        EventKind::PriceUpdated => "price.updated",
    }
}
