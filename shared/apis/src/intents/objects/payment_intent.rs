//! A payment intent.

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_domain::{Payment as StoredPayment, Timestamp, payment::Status};

use super::{
    super::names::{CHARGE_PREFIX, CUSTOMER_PREFIX, PAYMENT_PREFIX},
    contact::Shipping,
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
    /// Without a tip.
    pub amount_details: Value,
    /// In minor units: what was captured.
    pub amount_received: i64,
    /// Whether the gateway chose the types of payment method; `null` if the merchant did.
    pub automatic_payment_methods: Option<AutomaticMethods>,
    /// Unix seconds.
    pub canceled_at: Option<i64>,
    /// The merchant's reason.
    pub cancellation_reason: Option<String>,
    /// `automatic`, `automatic_async` (the same here) or `manual`.
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
    /// Always `null`: customers are no accounts.
    pub customer_account: Option<()>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The types of payment method that the merchant excluded.
    pub excluded_payment_method_types: Option<Vec<String>>,
    /// Why the last charge failed.
    pub last_payment_error: Option<PaymentError>,
    /// `ch_…`, once it was charged.
    pub latest_charge: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Always `null`: there are none.
    pub managed_payments: Option<()>,
    /// The merchant's metadata.
    pub metadata: Value,
    /// What the payer has to do, while the status is `requires_action`.
    pub next_action: Option<NextAction>,
    /// `pm_…`.
    pub payment_method: Option<String>,
    /// Always `null`: there are no configurations.
    pub payment_method_configuration_details: Option<()>,
    /// Under the name of each type that it accepts, what the merchant set.
    pub payment_method_options: Value,
    /// The types of payment method it accepts.
    pub payment_method_types: Vec<String>,
    /// Always `null`: payers are not notified before a charge.
    pub processing: Option<()>,
    /// Where the receipt is sent.
    pub receipt_email: Option<String>,
    /// Always `null`: payments of this API are not reviewed.
    pub review: Option<()>,
    /// `on_session` or `off_session`: the payment method is attached to the customer once it was charged.
    pub setup_future_usage: Option<String>,
    /// Where the goods are sent.
    pub shipping: Option<Shipping>,
    /// Always `null`: `payment_method` names what is charged.
    pub source: Option<()>,
    /// The text on the payer's statement.
    pub statement_descriptor: Option<String>,
    /// What follows the merchant's text on the statement of a card.
    pub statement_descriptor_suffix: Option<String>,
    /// See [`payment_status`].
    pub status: &'static str,
}

/// The gateway chooses the types of payment method.
#[derive(Debug, Serialize)]
pub struct AutomaticMethods {
    /// Whether the types may redirect: `always` or `never`.
    pub allow_redirects: String,
    /// `true`.
    pub enabled: bool,
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

/// What the merchant set for each accepted type, or the defaults.
fn method_options(types: &[String], request_three_d_secure: Option<&String>) -> Value {
    let options = types.iter().map(|kind| {
        let options = match kind.as_str() {
            "card" => json!({
                "installments": null,
                "mandate_options": null,
                "network": null,
                "request_three_d_secure": request_three_d_secure.map_or("automatic", String::as_str),
            }),
            _ => json!({}),
        };
        (kind.clone(), options)
    });
    Value::Object(options.collect())
}

fn capture_method(payment: &StoredPayment) -> &'static str {
    let is_manual = payment.intent.as_ref().is_some_and(|intent| intent.manual_capture);
    let is_async = payment.details.as_ref().is_some_and(|details| details.async_capture);
    match (is_manual, is_async) {
        (true, _) => "manual",
        (false, true) => "automatic_async",
        (false, false) => "automatic",
    }
}

impl PaymentIntent {
    /// A payment as an intent.
    pub fn new(payment: &StoredPayment, context: Context<'_>) -> Self {
        let intent = payment.intent.as_ref();
        // A payment of another API was charged when it was created.
        let is_charged = intent.is_none_or(|intent| intent.charges > 0)
            && payment.state.status != Status::RequiresConfirmation;
        let details = payment.details.as_deref();
        let payment_method_types = match intent {
            Some(intent) => intent.payment_method_types.clone(),
            None => payment.source.iter().map(|source| method_type(source).to_owned()).collect(),
        };
        let asked = details.and_then(|details| details.request_three_d_secure.as_ref());
        let automatic = details.and_then(|details| details.automatic_methods.clone());
        let excluded = details.map(|details| details.excluded_types.clone());
        let challenge_url = context.challenge_url.filter(|_| payment.state.status == Status::RequiresAction);
        Self {
            id: payment.id.to_prefixed(PAYMENT_PREFIX),
            object: "payment_intent",
            amount: payment.amount.minor,
            amount_capturable: payment.capturable(),
            amount_details: json!({"tip": {}}),
            amount_received: payment.amount_captured,
            automatic_payment_methods: automatic
                .map(|allow_redirects| AutomaticMethods { allow_redirects, enabled: true }),
            canceled_at: intent.and_then(|intent| intent.canceled_at).map(Timestamp::s),
            cancellation_reason: intent.and_then(|intent| intent.cancellation_reason.clone()),
            capture_method: capture_method(payment),
            client_secret: context.client_secret.map(str::to_owned),
            confirmation_method: automatic_or_manual(intent.is_some_and(|intent| intent.manual_confirmation)),
            created: payment.created.s(),
            currency: currency(payment.amount),
            customer: payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
            customer_account: None,
            description: payment.description.clone(),
            excluded_payment_method_types: excluded.filter(|types| !types.is_empty()),
            last_payment_error: PaymentError::of(payment),
            latest_charge: is_charged.then(|| payment.id.to_prefixed(CHARGE_PREFIX)),
            livemode: context.livemode(),
            managed_payments: None,
            metadata: payment.metadata_json(),
            next_action: challenge_url.map(|url| NextAction {
                r#type: "redirect_to_url",
                redirect_to_url: RedirectToUrl {
                    return_url: payment.state.return_url.clone(),
                    url: url.to_owned(),
                },
            }),
            payment_method: method_of(payment),
            payment_method_configuration_details: None,
            payment_method_options: method_options(&payment_method_types, asked),
            payment_method_types,
            processing: None,
            receipt_email: payment.receipt_email().cloned(),
            review: None,
            setup_future_usage: details.and_then(|details| details.setup_future_usage.clone()),
            shipping: Shipping::of_payment(payment),
            source: None,
            statement_descriptor: details.and_then(|details| details.statement_descriptor.clone()),
            statement_descriptor_suffix: details
                .and_then(|details| details.statement_descriptor_suffix.clone()),
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
