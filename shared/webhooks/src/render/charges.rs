//! The things of the `charges` API, as its text shows them.

use serde_json::{Value, json};
use tollgate_domain::{
    Customer, EventKind, Payment, Refund, Source, Subject, payment::Status, refund::RefundStatus,
    source::Wallet,
};

/// Prefixes of ids ("Common Response Fields").
pub const PAYMENT_PREFIX: &str = "pay_";
/// See [`PAYMENT_PREFIX`].
pub const REFUND_PREFIX: &str = "rfnd_";
/// See [`PAYMENT_PREFIX`].
pub const CUSTOMER_PREFIX: &str = "cus_";

/// The reasons that a refund may have.
pub const REFUND_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

/// A status in the four words of the text.
pub const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        // Reserved money is about to be taken by whoever reserved it.
        Status::Processing | Status::RequiresCapture => "pending",
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {
            "requires_action"
        }
        Status::Failed | Status::Canceled => "failed",
    }
}

/// A payment's status in the four words of the text.
pub fn payment_status(payment: &Payment) -> &'static str {
    match payment.state.status {
        // The charge was declined; that its merchant may try another one is not this API's business.
        Status::RequiresPaymentMethod if payment.state.decline.is_some() => "failed",
        // It waits for its merchant; of a hosted payment the payer is asked on the checkout page.
        Status::RequiresPaymentMethod | Status::RequiresConfirmation if payment.hosted.is_none() => "pending",
        status => status_word(status),
    }
}

/// A refund's status in the three words of the text.
pub const fn refund_status(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Pending => "pending",
        RefundStatus::Failed | RefundStatus::Canceled => "failed",
    }
}

/// A payment. Fields of the text first, then those that its status calls for: `next_action` while a page of ours
/// waits for the payer, `failure_code` and `failure_message` when it failed.
pub fn payment(payment: &Payment, challenge_url: Option<&str>) -> Value {
    let mut object = json!({
        "id": payment.id.to_prefixed(PAYMENT_PREFIX),
        "amount": payment.amount.minor,
        "currency": payment.amount.currency.code(),
        "status": payment_status(payment),
        "source": payment.source.as_ref().map(source),
        "customer_id": payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        "description": payment.description,
        "created": payment.created.s(),
        "metadata": payment.metadata_json(),
    });
    if payment_status(payment) == "requires_action"
        && let Some(challenge_url) = challenge_url
    {
        object["next_action"] = json!({
            "type": "redirect",
            "redirect_url": challenge_url,
            "return_url": payment.state.return_url,
        });
    }
    if let Some((code, message)) = super::failure(payment) {
        object["failure_code"] = json!(code);
        object["failure_message"] = json!(message);
    }
    object
}

fn source(source: &Source) -> Value {
    match source {
        Source::Card(card) => json!({
            "type": match card.wallet {
                None => "card",
                Some(Wallet::ApplePay) => "apple_pay",
                Some(Wallet::GooglePay) => "google_pay",
            },
            "last4": card.last4,
            "brand": card.brand.as_str(),
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
        }),
        // The text has no such type; it is shown as what it is.
        Source::SepaDebit(account) => json!({
            "type": "sepa_debit",
            "last4": account.last4,
            "country": account.country,
        }),
        Source::BankTransfer(account) => json!({
            "type": "bank_transfer",
            "last4": account.last4,
            "sort_code": account.sort_code,
            "account_holder_name": account.account_holder_name,
        }),
    }
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    // A reason given through another front door, in words that this one does not have, is not shown.
    let reason = refund.reason.as_deref().filter(|reason| REFUND_REASONS.contains(reason));
    json!({
        "id": refund.id.to_prefixed(REFUND_PREFIX),
        "payment_id": refund.payment.to_prefixed(PAYMENT_PREFIX),
        "amount": refund.amount.minor,
        "reason": reason,
        "status": refund_status(refund.status),
        "created": refund.created.s(),
        "metadata": refund.metadata.to_json(),
    })
}

/// A customer.
pub fn customer(customer: &Customer) -> Value {
    json!({
        "id": customer.id.to_prefixed(CUSTOMER_PREFIX),
        "email": customer.profile.email,
        "name": customer.profile.name,
        "phone": customer.profile.phone,
        "created": customer.created.s(),
        "updated": customer.updated.s(),
        "metadata": customer.profile.metadata.to_json(),
    })
}

pub(crate) fn subject(subject: &Subject, challenge_url: Option<&str>) -> Value {
    match subject {
        Subject::Payment(it) => payment(it, challenge_url),
        Subject::Refund(it) => refund(it),
        Subject::Customer(it) => customer(it),
        // The text has neither of them and no event about them.
        Subject::PaymentMethod(_) | Subject::Endpoint(_) => Value::Null,
    }
}

pub(crate) const fn event_type(kind: EventKind) -> Option<&'static str> {
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
        | EventKind::PaymentMethodAttached
        | EventKind::PaymentMethodDetached
        | EventKind::PaymentMethodUpdated
        | EventKind::RefundUpdated
        | EventKind::CustomerDeleted
        | EventKind::EndpointCreated
        | EventKind::EndpointUpdated
        | EventKind::EndpointDisabled
        | EventKind::EndpointDeleted => None,
    }
}
