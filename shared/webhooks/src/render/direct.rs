//! The events of the `direct` API, as its text shows them.

use serde_json::{Value, json};
use tollgate_domain::{EventKind, Subject, payment::Status};

use super::charges;

const fn payment_status(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        // Its text knows three statuses: whatever is not decided is pending.
        Status::Processing | Status::RequiresAction => "pending",
    }
}

pub(crate) fn subject(subject: &Subject) -> Value {
    match subject {
        Subject::Payment(payment) => {
            let mut object = json!({
                "id": payment.id.spell("pay_"),
                "amount": payment.amount.minor,
                "currency": payment.amount.currency.code(),
                "status": payment_status(payment.face.status),
                "created": payment.created.s(),
                "description": payment.description,
            });
            if let Some(decline) = payment.face.decline {
                object["failure_code"] = json!(decline.code());
                object["failure_message"] = json!(decline.message());
            }
            object
        }
        Subject::Refund(refund) => json!({
            "id": refund.id.spell("rfnd_"),
            "payment_id": refund.payment.spell("pay_"),
            "amount": refund.amount.minor,
            "currency": refund.amount.currency.code(),
            "reason": refund.reason,
            "status": charges::refund_status(refund.status),
            "created": refund.created.s(),
        }),
        Subject::Customer(customer) => json!({
            "id": customer.id.spell("cus_"),
            "email": customer.profile.email,
            "name": customer.profile.name,
            "phone": customer.profile.phone,
        }),
    }
}

pub(crate) const fn event_type(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::PaymentSucceeded => Some("payment.succeeded"),
        EventKind::PaymentFailed => Some("payment.failed"),
        EventKind::RefundCreated => Some("refund.created"),
        EventKind::CustomerCreated => Some("customer.created"),
        EventKind::CustomerUpdated => Some("customer.updated"),
        EventKind::PaymentRequiresAction
        | EventKind::PaymentProcessing
        | EventKind::RefundSucceeded
        | EventKind::RefundFailed
        | EventKind::CustomerDeleted => None,
    }
}
