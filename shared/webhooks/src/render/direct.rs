//! The events of the `direct` API, as its text shows them.

use serde_json::{Value, json};
use tollgate_domain::{EventKind, Payment, Refund, Subject, payment::Status};

use super::charges;

/// Prefixes of ids.
pub const PAYMENT_PREFIX: &str = "pay_";
/// See [`PAYMENT_PREFIX`].
pub const REFUND_PREFIX: &str = "rfnd_";
/// See [`PAYMENT_PREFIX`].
pub const CUSTOMER_PREFIX: &str = "cus_";

/// A payment's status in the three words of the text: whatever is not decided is pending.
pub const fn payment_status(payment: &Payment) -> &'static str {
    match payment.state.status {
        // The charge of an intent was declined.
        Status::RequiresPaymentMethod if payment.state.decline.is_some() => "failed",
        Status::Succeeded => "succeeded",
        Status::Failed | Status::Canceled => "failed",
        Status::RequiresPaymentMethod
        | Status::RequiresConfirmation
        | Status::RequiresAction
        | Status::Processing
        | Status::RequiresCapture => "pending",
    }
}

/// A payment, with its customer's id and, where it is known, address. `challenge_url` is the page of ours that waits for the payer,
/// if one does.
pub fn payment(payment: &Payment, email: Option<&str>, challenge_url: Option<&str>) -> Value {
    let mut object = json!({
        "id": payment.id.to_prefixed(PAYMENT_PREFIX),
        "status": payment_status(payment),
        "amount": payment.amount.minor,
        "currency": payment.amount.currency.code(),
        "created": payment.created.s(),
        "description": payment.description,
    });
    if let Some(id) = payment.customer {
        object["customer"] = json!({"id": id.to_prefixed(CUSTOMER_PREFIX), "email": email});
    }
    if let Some(url) = challenge_url.filter(|_| payment_status(payment) == "pending") {
        object["next_action"] = json!({"type": "redirect", "redirect_url": url});
    }
    if let Some((code, message)) = super::failure(payment) {
        object["failure_code"] = json!(code);
        object["failure_message"] = json!(message);
    }
    object
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.id.to_prefixed(REFUND_PREFIX),
        "payment_id": refund.payment.to_prefixed(PAYMENT_PREFIX),
        "amount": refund.amount.minor,
        "currency": refund.amount.currency.code(),
        "reason": refund.reason,
        "status": charges::refund_status(refund.status),
        "created": refund.created.s(),
    })
}

pub(crate) fn subject(subject: &Subject, challenge_url: Option<&str>) -> Value {
    match subject {
        Subject::Payment(it) => {
            // An event knows the customer's id alone.
            let mut object = payment(it, None, challenge_url);
            if let Some(customer) = object.get_mut("customer").and_then(Value::as_object_mut) {
                customer.shift_remove("email");
            }
            object
        }
        Subject::Refund(it) => refund(it),
        Subject::Customer(customer) => json!({
            "id": customer.id.to_prefixed(CUSTOMER_PREFIX),
            "email": customer.profile.email,
            "name": customer.profile.name,
            "phone": customer.profile.phone,
        }),
        Subject::PaymentMethod(_) | Subject::Endpoint(_) => Value::Null,
    }
}

pub(crate) const fn event_type(kind: EventKind) -> Option<&'static str> {
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
        | EventKind::EndpointDeleted => None,
    }
}
