//! The events of the `intents` API, as far as its resources exist: payments as payment intents, refunds, customers.

use serde_json::{Value, json};
use tollgate_domain::{EventKind, Subject, payment::Status, refund::RefundStatus};

const fn payment_status(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Processing => "processing",
        Status::RequiresConfirmation => "requires_confirmation",
        Status::RequiresCapture => "requires_capture",
        Status::Canceled => "canceled",
        Status::RequiresAction => "requires_action",
        // A payment intent does not fail: it waits for another payment method.
        Status::Failed => "requires_payment_method",
    }
}

pub(crate) fn subject(subject: &Subject, challenge_url: Option<&str>) -> Value {
    match subject {
        Subject::Payment(payment) => json!({
            "id": payment.id.spell("pi_"),
            "object": "payment_intent",
            "amount": payment.amount.minor,
            "amount_received": payment.amount_captured,
            "currency": payment.amount.currency.code().to_ascii_lowercase(),
            "customer": payment.customer.map(|id| id.spell("cus_")),
            "created": payment.created.s(),
            "description": payment.description,
            "status": payment_status(payment.face.status),
            "last_payment_error": payment.face.decline.map(|decline| json!({
                "type": "card_error",
                "code": decline.code(),
                "message": decline.message(),
            })),
            "next_action": (payment.face.status == Status::RequiresAction).then(|| json!({
                "type": "redirect_to_url",
                "redirect_to_url": {"url": challenge_url, "return_url": payment.face.return_url},
            })),
            "metadata": payment.metadata.to_json(),
        }),
        Subject::Refund(refund) => json!({
            "id": refund.id.spell("re_"),
            "object": "refund",
            "amount": refund.amount.minor,
            "currency": refund.amount.currency.code().to_ascii_lowercase(),
            "payment_intent": refund.payment.spell("pi_"),
            "reason": refund.reason,
            "status": match refund.status {
                RefundStatus::Succeeded => "succeeded",
                RefundStatus::Pending => "pending",
                RefundStatus::Failed => "failed",
            },
            "created": refund.created.s(),
            "metadata": refund.metadata.to_json(),
        }),
        Subject::Customer(customer) => json!({
            "id": customer.id.spell("cus_"),
            "object": "customer",
            "email": customer.profile.email,
            "name": customer.profile.name,
            "phone": customer.profile.phone,
            "created": customer.created.s(),
            "metadata": customer.profile.metadata.to_json(),
        }),
    }
}

pub(crate) const fn event_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::PaymentSucceeded => "payment_intent.succeeded",
        EventKind::PaymentFailed => "payment_intent.payment_failed",
        EventKind::PaymentRequiresAction => "payment_intent.requires_action",
        EventKind::PaymentProcessing => "payment_intent.processing",
        EventKind::PaymentCapturable => "payment_intent.amount_capturable_updated",
        EventKind::PaymentCanceled => "payment_intent.canceled",
        EventKind::RefundCreated => "refund.created",
        // In this API a settled refund is an updated one; a failed one has a name of its own.
        EventKind::RefundSucceeded => "refund.updated",
        EventKind::RefundFailed => "refund.failed",
        EventKind::CustomerCreated => "customer.created",
        EventKind::CustomerUpdated => "customer.updated",
        EventKind::CustomerDeleted => "customer.deleted",
    }
}
