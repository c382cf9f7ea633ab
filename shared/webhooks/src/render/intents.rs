//! The things of the `intents` API, as Stripe's published conventions have them.

use serde_json::{Value, json};
use tollgate_domain::{
    Customer, Decline, EventKind, Payment, PaymentMethod, Refund, Source, Subject, WebhookEndpoint,
    endpoint::EndpointStatus, payment::Status, refund::RefundStatus, source::Wallet,
};

/// Prefixes of ids.
pub const PAYMENT_PREFIX: &str = "pi_";
/// See [`PAYMENT_PREFIX`]. A payment's charge has the payment's id.
pub const CHARGE_PREFIX: &str = "ch_";
/// See [`PAYMENT_PREFIX`].
pub const METHOD_PREFIX: &str = "pm_";
/// See [`PAYMENT_PREFIX`].
pub const REFUND_PREFIX: &str = "re_";
/// See [`PAYMENT_PREFIX`].
pub const CUSTOMER_PREFIX: &str = "cus_";
/// See [`PAYMENT_PREFIX`].
pub const ENDPOINT_PREFIX: &str = "we_";

/// The reasons that a refund may have.
pub const REFUND_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

/// What objects show that is not in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Whether real money moves.
    pub livemode: bool,
    /// Where a payment's challenge is answered.
    pub challenge_url: Option<&'a str>,
    /// What a payer's page shows to prove that its payment is this one.
    pub client_secret: Option<&'a str>,
}

/// An intent's status.
pub const fn payment_status(status: Status) -> &'static str {
    match status {
        // An intent does not fail: it waits for another payment method.
        Status::Failed => "requires_payment_method",
        other => other.as_str(),
    }
}

/// The code and, where the issuer gave one, the finer code of a decline.
pub const fn decline_codes(decline: Decline) -> (&'static str, Option<&'static str>) {
    match decline {
        Decline::CardDeclined => ("card_declined", Some("generic_decline")),
        Decline::InsufficientFunds => ("card_declined", Some("insufficient_funds")),
        Decline::AuthenticationFailed | Decline::AuthenticationExpired => {
            ("payment_intent_authentication_failure", None)
        }
        Decline::BankTransferFailed => ("payment_intent_payment_attempt_failed", None),
        other => (other.code(), None),
    }
}

/// The error that a decline is, as `last_payment_error` shows it.
pub fn decline_error(payment: &Payment) -> Option<Value> {
    let decline = payment.state.decline?;
    let (code, decline_code) = decline_codes(decline);
    let mut error = json!({
        "type": "card_error",
        "code": code,
        "message": decline.message(),
        "charge": payment.id.to_prefixed(CHARGE_PREFIX),
    });
    if let Some(decline_code) = decline_code {
        error["decline_code"] = json!(decline_code);
    }
    let method = payment.intent.as_ref().and_then(|intent| intent.declined_method);
    if let Some(method) = method {
        error["payment_method"] =
            json!({"id": method.to_prefixed(METHOD_PREFIX), "object": "payment_method"});
    }
    Some(error)
}

/// A payment intent.
pub fn payment_intent(payment: &Payment, context: Context<'_>) -> Value {
    let intent = payment.intent.as_ref();
    // A payment of another front door was charged when it was made.
    let charged = intent.is_none_or(|intent| intent.charges > 0)
        && payment.state.status != Status::RequiresConfirmation;
    let types = match intent {
        Some(intent) => intent.payment_method_types.clone(),
        None => payment.source.iter().map(|source| kind(source).to_owned()).collect(),
    };
    let manual = |manual: fn(&tollgate_domain::payment::Intent) -> bool| {
        if intent.is_some_and(manual) { "manual" } else { "automatic" }
    };
    json!({
        "id": payment.id.to_prefixed(PAYMENT_PREFIX),
        "object": "payment_intent",
        "amount": payment.amount.minor,
        "amount_capturable": payment.capturable(),
        "amount_received": payment.amount_captured,
        "canceled_at": intent.and_then(|intent| intent.canceled_at).map(tollgate_domain::Timestamp::s),
        "cancellation_reason": intent.and_then(|intent| intent.cancellation_reason.clone()),
        "capture_method": manual(|intent| intent.manual_capture),
        "client_secret": context.client_secret,
        "confirmation_method": manual(|intent| intent.manual_confirmation),
        "created": payment.created.s(),
        "currency": payment.amount.currency.code().to_ascii_lowercase(),
        "customer": payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        "description": payment.description,
        "last_payment_error": decline_error(payment),
        "latest_charge": charged.then(|| payment.id.to_prefixed(CHARGE_PREFIX)),
        "livemode": context.livemode,
        "metadata": payment.metadata_json(),
        "next_action": context.challenge_url.filter(|_| payment.state.status == Status::RequiresAction).map(|url| json!({
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": payment.state.return_url, "url": url},
        })),
        "payment_method": intent
            .and_then(|intent| intent.payment_method)
            .map(|id| id.to_prefixed(METHOD_PREFIX)),
        "payment_method_types": types,
        "receipt_email": intent.and_then(|intent| intent.receipt_email.clone()),
        "status": payment_status(payment.state.status),
    })
}

/// The charge of a payment.
pub fn charge(payment: &Payment, context: Context<'_>) -> Value {
    let taken = matches!(payment.state.status, Status::Succeeded | Status::RequiresCapture);
    let decline = payment.state.decline.map(decline_codes);
    json!({
        "id": payment.id.to_prefixed(CHARGE_PREFIX),
        "object": "charge",
        "amount": payment.amount.minor,
        "amount_captured": payment.amount_captured,
        "amount_refunded": payment.amount_refunded,
        "captured": payment.amount_captured > 0,
        "created": payment.created.s(),
        "currency": payment.amount.currency.code().to_ascii_lowercase(),
        "customer": payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        "description": payment.description,
        "disputed": false,
        "failure_code": decline.map(|(code, _)| code),
        "failure_message": payment.state.decline.map(Decline::message),
        "livemode": context.livemode,
        "metadata": payment.metadata_json(),
        "paid": taken,
        "payment_intent": payment.id.to_prefixed(PAYMENT_PREFIX),
        "payment_method": payment
            .intent
            .as_ref()
            .and_then(|intent| intent.payment_method)
            .map(|id| id.to_prefixed(METHOD_PREFIX)),
        "payment_method_details": payment.source.as_ref().map(details),
        "receipt_email": payment.intent.as_ref().and_then(|intent| intent.receipt_email.clone()),
        "refunded": payment.amount_captured > 0 && payment.refundable() == 0,
        "status": match payment.state.status {
            Status::Succeeded | Status::RequiresCapture => "succeeded",
            Status::Processing | Status::RequiresAction => "pending",
            _ => "failed",
        },
    })
}

const fn kind(source: &Source) -> &'static str {
    match source {
        Source::Card(_) => "card",
        Source::BankTransfer(_) => "bank_transfer",
        Source::SepaDebit(_) => "sepa_debit",
    }
}

fn details(source: &Source) -> Value {
    let inside = match source {
        Source::Card(card) => json!({
            "brand": card.brand.as_str(),
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "last4": card.last4,
            "wallet": card.wallet.map(|wallet| json!({"type": match wallet {
                Wallet::ApplePay => "apple_pay",
                Wallet::GooglePay => "google_pay",
            }})),
        }),
        Source::BankTransfer(account) => json!({"last4": account.last4, "sort_code": account.sort_code}),
        Source::SepaDebit(account) => json!({
            "bank_code": account.bank_code,
            "country": account.country,
            "last4": account.last4,
        }),
    };
    let mut details = json!({"type": kind(source)});
    details[kind(source)] = inside;
    details
}

/// A payment method.
pub fn payment_method(method: &PaymentMethod, context: Context<'_>) -> Value {
    let mut object = json!({
        "id": method.id.to_prefixed(METHOD_PREFIX),
        "object": "payment_method",
        "billing_details": {
            "address": null,
            "email": method.billing.email,
            "name": method.billing.name,
            "phone": method.billing.phone,
        },
        "created": method.created.s(),
        "customer": method.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        "livemode": context.livemode,
        "metadata": method.metadata.to_json(),
    });
    if let (Value::Object(all), Value::Object(inside)) = (&mut object, details(&method.source)) {
        all.extend(inside);
    }
    object
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    // A reason given through another front door, in words that this one does not have, is not shown.
    let reason = refund.reason.as_deref().filter(|reason| REFUND_REASONS.contains(reason));
    json!({
        "id": refund.id.to_prefixed(REFUND_PREFIX),
        "object": "refund",
        "amount": refund.amount.minor,
        "charge": refund.payment.to_prefixed(CHARGE_PREFIX),
        "created": refund.created.s(),
        "currency": refund.amount.currency.code().to_ascii_lowercase(),
        "metadata": refund.metadata.to_json(),
        "payment_intent": refund.payment.to_prefixed(PAYMENT_PREFIX),
        "reason": reason,
        "status": match refund.status {
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Pending => "pending",
            RefundStatus::Failed => "failed",
            RefundStatus::Canceled => "canceled",
        },
    })
}

/// A customer; of one that was deleted only that it was.
pub fn customer(customer: &Customer, context: Context<'_>) -> Value {
    let id = customer.id.to_prefixed(CUSTOMER_PREFIX);
    if customer.deleted {
        return json!({"id": id, "object": "customer", "deleted": true});
    }
    json!({
        "id": id,
        "object": "customer",
        "created": customer.created.s(),
        "description": null,
        "email": customer.profile.email,
        "livemode": context.livemode,
        "metadata": customer.profile.metadata.to_json(),
        "name": customer.profile.name,
        "phone": customer.profile.phone,
    })
}

/// A webhook endpoint; of one that was deleted only that it was. Its secret is shown by nothing but its create.
pub fn webhook_endpoint(endpoint: &WebhookEndpoint, context: Context<'_>) -> Value {
    let id = endpoint.id.to_prefixed(ENDPOINT_PREFIX);
    if endpoint.deleted {
        return json!({"id": id, "object": "webhook_endpoint", "deleted": true});
    }
    json!({
        "id": id,
        "object": "webhook_endpoint",
        "api": endpoint.api.as_str(),
        "created": endpoint.created.s(),
        "description": endpoint.description,
        "disabled_reason": endpoint.disabled_reason,
        "enabled_events": endpoint.enabled_events,
        "livemode": context.livemode,
        "metadata": endpoint.metadata.to_json(),
        "status": match endpoint.status {
            EndpointStatus::Enabled => "enabled",
            EndpointStatus::Disabled => "disabled",
        },
        "url": endpoint.url,
    })
}

pub(crate) fn subject(subject: &Subject, kind: EventKind, context: Context<'_>) -> Value {
    let about_charge = matches!(
        kind,
        EventKind::ChargeSucceeded
            | EventKind::ChargeFailed
            | EventKind::ChargeCaptured
            | EventKind::ChargeRefunded
    );
    match subject {
        Subject::Payment(payment) if about_charge => charge(payment, context),
        Subject::Payment(payment) => payment_intent(payment, context),
        Subject::Refund(it) => refund(it),
        Subject::Customer(it) => customer(it, context),
        Subject::PaymentMethod(it) => payment_method(it, context),
        Subject::Endpoint(it) => webhook_endpoint(it, context),
    }
}

pub(crate) const fn event_type(kind: EventKind) -> &'static str {
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
        EventKind::RefundCreated => "refund.created",
        // In this API a settled refund is an updated one; a failed one has a name of its own.
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
    }
}
