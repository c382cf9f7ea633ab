//! A payment intent.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Payment as StoredPayment, Timestamp, payment::Status};

use super::{
    super::names::{CHARGE_PREFIX, CUSTOMER_PREFIX, PAYMENT_PREFIX},
    context::{Context, currency, method_of},
    decline::PaymentError,
    method_details::method_type,
};
use crate::{Answer, json::to_value};

/// A payment intent.
#[derive(Debug, Serialize)]
pub struct PaymentIntent {
    /// `pi_…`.
    pub id: String,
    /// `payment_intent`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// In minor units: what is authorized and not captured yet.
    pub amount_capturable: i64,
    /// In minor units: what was captured.
    pub amount_received: i64,
    /// Unix seconds.
    pub canceled_at: Option<i64>,
    /// The merchant's reason.
    pub cancellation_reason: Option<String>,
    /// `automatic` or `manual`.
    pub capture_method: &'static str,
    /// For the payer's page; `null` where it is not shown.
    pub client_secret: Option<String>,
    /// `automatic` or `manual`.
    pub confirmation_method: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// `cus_…`.
    pub customer: Option<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// Why the last charge failed.
    pub last_payment_error: Option<PaymentError>,
    /// `ch_…`, once it was charged.
    pub latest_charge: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// What the payer has to do, while the status is `requires_action`.
    pub next_action: Option<NextAction>,
    /// `pm_…`.
    pub payment_method: Option<String>,
    /// The types of payment method it accepts.
    pub payment_method_types: Vec<String>,
    /// Where the receipt is sent.
    pub receipt_email: Option<String>,
    /// See [`payment_status`].
    pub status: &'static str,
}

/// What the payer has to do.
#[derive(Debug, Serialize)]
pub struct NextAction {
    /// `redirect_to_url`.
    pub r#type: &'static str,
    /// Where.
    pub redirect_to_url: RedirectToUrl,
}

/// A page that the payer is sent to.
#[derive(Debug, Serialize)]
pub struct RedirectToUrl {
    /// Where the page sends the payer afterwards.
    pub return_url: Option<String>,
    /// The page.
    pub url: String,
}

/// The status of an intent. An intent does not fail: it waits for another payment method.
pub const fn payment_status(status: Status) -> &'static str {
    match status {
        Status::Failed => "requires_payment_method",
        other => other.as_str(),
    }
}

const fn automatic_or_manual(is_manual: bool) -> &'static str {
    if is_manual { "manual" } else { "automatic" }
}

impl PaymentIntent {
    /// A payment as an intent.
    pub fn new(payment: &StoredPayment, context: Context<'_>) -> Self {
        let intent = payment.intent.as_ref();
        // A payment of another API was charged when it was created.
        let is_charged = intent.is_none_or(|intent| intent.charges > 0)
            && payment.state.status != Status::RequiresConfirmation;
        let challenge_url = context.challenge_url.filter(|_| payment.state.status == Status::RequiresAction);
        Self {
            id: payment.id.to_prefixed(PAYMENT_PREFIX),
            object: "payment_intent",
            amount: payment.amount.minor,
            amount_capturable: payment.capturable(),
            amount_received: payment.amount_captured,
            canceled_at: intent.and_then(|intent| intent.canceled_at).map(Timestamp::s),
            cancellation_reason: intent.and_then(|intent| intent.cancellation_reason.clone()),
            capture_method: automatic_or_manual(intent.is_some_and(|intent| intent.manual_capture)),
            client_secret: context.client_secret.map(str::to_owned),
            confirmation_method: automatic_or_manual(intent.is_some_and(|intent| intent.manual_confirmation)),
            created: payment.created.s(),
            currency: currency(payment.amount),
            customer: payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
            description: payment.description.clone(),
            last_payment_error: PaymentError::of(payment),
            latest_charge: is_charged.then(|| payment.id.to_prefixed(CHARGE_PREFIX)),
            livemode: context.livemode,
            metadata: payment.metadata_json(),
            next_action: challenge_url.map(|url| NextAction {
                r#type: "redirect_to_url",
                redirect_to_url: RedirectToUrl {
                    return_url: payment.state.return_url.clone(),
                    url: url.to_owned(),
                },
            }),
            payment_method: method_of(payment),
            payment_method_types: match intent {
                Some(intent) => intent.payment_method_types.clone(),
                None => payment.source.iter().map(|source| method_type(source).to_owned()).collect(),
            },
            receipt_email: intent.and_then(|intent| intent.receipt_email.clone()),
            status: payment_status(payment.state.status),
        }
    }
}

/// A payment intent as JSON.
pub fn payment_intent(payment: &StoredPayment, context: Context<'_>) -> Value {
    to_value(&PaymentIntent::new(payment, context))
}

/// The body of an answer to a charge that was declined: the error, with the intent in it.
#[derive(Debug, Serialize)]
struct Declined {
    error: DeclinedError,
}

#[derive(Debug, Serialize)]
struct DeclinedError {
    #[serde(flatten)]
    error: PaymentError,
    payment_intent: Value,
}

/// The answer to a charge that was declined; `intent` is the intent as JSON. `None` if the charge was not declined.
pub fn declined(payment: &StoredPayment, intent: &Value) -> Option<Answer> {
    let error = DeclinedError { error: PaymentError::of(payment)?, payment_intent: intent.clone() };
    Some(Answer { status: 402, body: to_value(&Declined { error }) })
}
