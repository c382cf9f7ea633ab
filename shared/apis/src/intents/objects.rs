//! The objects of the `intents` API. Where its text is silent they are Stripe's.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Customer as StoredCustomer, Decline, EventKind, Payment as StoredPayment, PaymentMethod as StoredMethod,
    Refund as StoredRefund, Source, Subject, Timestamp, WebhookEndpoint as StoredEndpoint,
    endpoint::EndpointStatus, payment::Status, refund::RefundStatus, source::Wallet,
};

use super::names::{
    CHARGE_PREFIX, CUSTOMER_PREFIX, ENDPOINT_PREFIX, METHOD_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX,
    REFUND_REASONS,
};
use crate::{Answer, json::to_value};

/// What objects show that is not stored in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Whether real money moves.
    pub livemode: bool,
    /// The page where the payer completes the payment's challenge.
    pub challenge_url: Option<&'a str>,
    /// The secret with which a payer's page may read and confirm the intent.
    pub client_secret: Option<&'a str>,
}

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

/// Why a charge failed.
#[derive(Debug, Serialize)]
pub struct PaymentError {
    /// `card_error`.
    pub r#type: &'static str,
    /// The code, for programs.
    pub code: &'static str,
    /// The message, for the payer.
    pub message: &'static str,
    /// `ch_…`.
    pub charge: String,
    /// The issuer's code, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<&'static str>,
    /// The payment method that was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<MethodLink>,
}

/// A payment method, by its id.
#[derive(Debug, Serialize)]
pub struct MethodLink {
    /// `pm_…`.
    pub id: String,
    /// `payment_method`.
    pub object: &'static str,
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

/// A charge.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools)] // The fields of the published object.
pub struct Charge {
    /// `ch_…`, with the payment's id.
    pub id: String,
    /// `charge`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// In minor units.
    pub amount_captured: i64,
    /// In minor units.
    pub amount_refunded: i64,
    /// Whether anything was captured.
    pub captured: bool,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// `cus_…`.
    pub customer: Option<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// Always `false`: there are no disputes yet.
    pub disputed: bool,
    /// Code of the decline.
    pub failure_code: Option<&'static str>,
    /// Message of the decline.
    pub failure_message: Option<&'static str>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Whether it was authorized or captured.
    pub paid: bool,
    /// `pi_…`.
    pub payment_intent: String,
    /// `pm_…`.
    pub payment_method: Option<String>,
    /// How it was paid.
    pub payment_method_details: Option<MethodDetails>,
    /// Where the receipt is sent.
    pub receipt_email: Option<String>,
    /// Whether all of it was refunded.
    pub refunded: bool,
    /// `succeeded`, `pending` or `failed`.
    pub status: &'static str,
}

/// The type of a payment method and, under the type's name, what may be shown of it.
#[derive(Debug, Serialize)]
pub struct MethodDetails {
    /// `card`, `sepa_debit` or `bank_transfer`.
    pub r#type: &'static str,
    /// Of a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<CardDetails>,
    /// Of a bank transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_transfer: Option<BankTransferDetails>,
    /// Of a SEPA debit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sepa_debit: Option<SepaDebitDetails>,
}

/// A card.
#[derive(Debug, Serialize)]
pub struct CardDetails {
    /// The card scheme.
    pub brand: &'static str,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
    /// Last four digits.
    pub last4: String,
    /// The wallet that presented it.
    pub wallet: Option<WalletDetails>,
}

/// A wallet.
#[derive(Debug, Serialize)]
pub struct WalletDetails {
    /// `apple_pay` or `google_pay`.
    pub r#type: &'static str,
}

/// An account that sent a bank transfer.
#[derive(Debug, Serialize)]
pub struct BankTransferDetails {
    /// Last four digits of the account.
    pub last4: String,
    /// Sort code of the bank.
    pub sort_code: String,
}

/// An account that is debited.
#[derive(Debug, Serialize)]
pub struct SepaDebitDetails {
    /// The bank's code within its country.
    pub bank_code: String,
    /// ISO 3166 code.
    pub country: String,
    /// Last four characters of the IBAN.
    pub last4: String,
}

/// A payment method.
#[derive(Debug, Serialize)]
pub struct PaymentMethod {
    /// `pm_…`.
    pub id: String,
    /// `payment_method`.
    pub object: &'static str,
    /// Whose it is.
    pub billing_details: BillingDetails,
    /// Unix seconds.
    pub created: i64,
    /// `cus_…`, while it is attached.
    pub customer: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Its type and what may be shown of it.
    #[serde(flatten)]
    pub details: MethodDetails,
}

/// Whose a payment method is.
#[derive(Debug, Serialize)]
pub struct BillingDetails {
    /// Always `null`: addresses are accepted and not stored.
    pub address: Option<Value>,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A refund.
#[derive(Debug, Serialize)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// `refund`.
    pub object: &'static str,
    /// In minor units.
    pub amount: i64,
    /// `ch_…`.
    pub charge: String,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `pi_…`.
    pub payment_intent: String,
    /// One of [`REFUND_REASONS`]. A reason that only another API has is not shown.
    pub reason: Option<String>,
    /// `succeeded`, `pending`, `failed` or `canceled`.
    pub status: &'static str,
}

/// A customer.
#[derive(Debug, Serialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// `customer`.
    pub object: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// Always `null`: customers have no description.
    pub description: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A webhook endpoint, without its secret.
#[derive(Debug, Serialize)]
pub struct WebhookEndpoint {
    /// `we_…`.
    pub id: String,
    /// `webhook_endpoint`.
    pub object: &'static str,
    /// The API whose events it receives.
    pub api: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// The merchant's description.
    pub description: Option<String>,
    /// Why Tollgate disabled it.
    pub disabled_reason: Option<String>,
    /// Event types and `prefix.*` patterns.
    pub enabled_events: Vec<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `enabled` or `disabled`.
    pub status: &'static str,
    /// Where events are sent.
    pub url: String,
    /// The signing secret; only its create and a roll show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A resource that was deleted.
#[derive(Debug, Serialize)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Its type.
    pub object: &'static str,
    /// `true`.
    pub deleted: bool,
}

/// The status of an intent. An intent does not fail: it waits for another payment method.
pub const fn payment_status(status: Status) -> &'static str {
    match status {
        Status::Failed => "requires_payment_method",
        other => other.as_str(),
    }
}

/// The `code` and the `decline_code` of a decline.
const fn decline_codes(decline: Decline) -> (&'static str, Option<&'static str>) {
    match decline {
        Decline::CardDeclined => ("card_declined", Some("generic_decline")),
        Decline::InsufficientFunds => ("card_declined", Some("insufficient_funds")),
        Decline::AuthenticationFailed | Decline::AuthenticationExpired => {
            ("payment_intent_authentication_failure", None)
        }
        Decline::BankTransferFailed => ("payment_intent_payment_attempt_failed", None),
        Decline::ExpiredCard | Decline::IncorrectCvc | Decline::ProcessingError => (decline.code(), None),
    }
}

impl PaymentError {
    /// Why the last charge of a payment failed; `None` if it did not.
    pub fn of(payment: &StoredPayment) -> Option<Self> {
        let decline = payment.state.decline?;
        let (code, decline_code) = decline_codes(decline);
        let method = payment.intent.as_ref().and_then(|intent| intent.declined_method);
        Some(Self {
            r#type: "card_error",
            code,
            message: decline.message(),
            charge: payment.id.to_prefixed(CHARGE_PREFIX),
            decline_code,
            payment_method: method
                .map(|id| MethodLink { id: id.to_prefixed(METHOD_PREFIX), object: "payment_method" }),
        })
    }
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

fn currency(amount: tollgate_domain::Money) -> String {
    amount.currency.code().to_ascii_lowercase()
}

const fn automatic_or_manual(is_manual: bool) -> &'static str {
    if is_manual { "manual" } else { "automatic" }
}

/// The payment method of an intent.
fn method_of(payment: &StoredPayment) -> Option<String> {
    let method = payment.intent.as_ref().and_then(|intent| intent.payment_method);
    method.map(|id| id.to_prefixed(METHOD_PREFIX))
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

impl Charge {
    /// The charge of a payment.
    pub fn new(payment: &StoredPayment, context: Context<'_>) -> Self {
        let decline = payment.state.decline;
        Self {
            id: payment.id.to_prefixed(CHARGE_PREFIX),
            object: "charge",
            amount: payment.amount.minor,
            amount_captured: payment.amount_captured,
            amount_refunded: payment.amount_refunded,
            captured: payment.amount_captured > 0,
            created: payment.created.s(),
            currency: currency(payment.amount),
            customer: payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
            description: payment.description.clone(),
            disputed: false,
            failure_code: decline.map(|decline| decline_codes(decline).0),
            failure_message: decline.map(Decline::message),
            livemode: context.livemode,
            metadata: payment.metadata_json(),
            paid: matches!(payment.state.status, Status::Succeeded | Status::RequiresCapture),
            payment_intent: payment.id.to_prefixed(PAYMENT_PREFIX),
            payment_method: method_of(payment),
            payment_method_details: payment.source.as_ref().map(MethodDetails::new),
            receipt_email: payment.intent.as_ref().and_then(|intent| intent.receipt_email.clone()),
            refunded: payment.amount_captured > 0 && payment.refundable() == 0,
            status: match payment.state.status {
                Status::Succeeded | Status::RequiresCapture => "succeeded",
                Status::Processing | Status::RequiresAction => "pending",
                Status::RequiresPaymentMethod
                | Status::RequiresConfirmation
                | Status::Failed
                | Status::Canceled => "failed",
            },
        }
    }
}

const fn method_type(source: &Source) -> &'static str {
    match source {
        Source::Card(_) => "card",
        Source::BankTransfer(_) => "bank_transfer",
        Source::SepaDebit(_) => "sepa_debit",
    }
}

impl MethodDetails {
    fn new(source: &Source) -> Self {
        let mut details =
            Self { r#type: method_type(source), card: None, bank_transfer: None, sepa_debit: None };
        match source {
            Source::Card(card) => {
                details.card = Some(CardDetails {
                    brand: card.brand.as_str(),
                    exp_month: card.exp_month,
                    exp_year: card.exp_year,
                    last4: card.last4.clone(),
                    wallet: card.wallet.map(|wallet| WalletDetails {
                        r#type: match wallet {
                            Wallet::ApplePay => "apple_pay",
                            Wallet::GooglePay => "google_pay",
                        },
                    }),
                });
            }
            Source::BankTransfer(account) => {
                details.bank_transfer = Some(BankTransferDetails {
                    last4: account.last4.clone(),
                    sort_code: account.sort_code.clone(),
                });
            }
            Source::SepaDebit(account) => {
                details.sepa_debit = Some(SepaDebitDetails {
                    bank_code: account.bank_code.clone(),
                    country: account.country.clone(),
                    last4: account.last4.clone(),
                });
            }
        }
        details
    }
}

/// A payment intent as JSON.
pub fn payment_intent(payment: &StoredPayment, context: Context<'_>) -> Value {
    to_value(&PaymentIntent::new(payment, context))
}

/// The charge of a payment as JSON.
pub fn charge(payment: &StoredPayment, context: Context<'_>) -> Value {
    to_value(&Charge::new(payment, context))
}

/// A payment method as JSON.
pub fn payment_method(method: &StoredMethod, context: Context<'_>) -> Value {
    to_value(&PaymentMethod {
        id: method.id.to_prefixed(METHOD_PREFIX),
        object: "payment_method",
        billing_details: BillingDetails {
            address: None,
            email: method.billing.email.clone(),
            name: method.billing.name.clone(),
            phone: method.billing.phone.clone(),
        },
        created: method.created.s(),
        customer: method.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
        livemode: context.livemode,
        metadata: method.metadata.to_json(),
        details: MethodDetails::new(&method.source),
    })
}

/// A refund as JSON.
pub fn refund(refund: &StoredRefund) -> Value {
    let reason = refund.reason.clone().filter(|reason| REFUND_REASONS.contains(&reason.as_str()));
    to_value(&Refund {
        id: refund.id.to_prefixed(REFUND_PREFIX),
        object: "refund",
        amount: refund.amount.minor,
        charge: refund.payment.to_prefixed(CHARGE_PREFIX),
        created: refund.created.s(),
        currency: currency(refund.amount),
        metadata: refund.metadata.to_json(),
        payment_intent: refund.payment.to_prefixed(PAYMENT_PREFIX),
        reason,
        status: match refund.status {
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Pending => "pending",
            RefundStatus::Failed => "failed",
            RefundStatus::Canceled => "canceled",
        },
    })
}

/// A customer as JSON; a deleted one as [`Deleted`].
pub fn customer(customer: &StoredCustomer, context: Context<'_>) -> Value {
    let (id, object) = (customer.id.to_prefixed(CUSTOMER_PREFIX), "customer");
    if customer.deleted {
        return deleted(id, object);
    }
    to_value(&Customer {
        id,
        object,
        created: customer.created.s(),
        description: None,
        email: customer.profile.email.clone(),
        livemode: context.livemode,
        metadata: customer.profile.metadata.to_json(),
        name: customer.profile.name.clone(),
        phone: customer.profile.phone.clone(),
    })
}

/// A resource that was deleted, as JSON.
pub fn deleted(id: String, object: &'static str) -> Value {
    to_value(&Deleted { id, object, deleted: true })
}

/// A webhook endpoint as JSON; a deleted one as [`Deleted`].
pub fn webhook_endpoint(endpoint: &StoredEndpoint, context: Context<'_>) -> Value {
    endpoint_object(endpoint, context, None)
}

/// A webhook endpoint with its secret, as its create and a roll show it.
pub fn webhook_endpoint_with_secret(endpoint: &StoredEndpoint, context: Context<'_>) -> Value {
    endpoint_object(endpoint, context, Some(&endpoint.secret.0))
}

fn endpoint_object(endpoint: &StoredEndpoint, context: Context<'_>, secret: Option<&str>) -> Value {
    let (id, object) = (endpoint.id.to_prefixed(ENDPOINT_PREFIX), "webhook_endpoint");
    if endpoint.deleted {
        return deleted(id, object);
    }
    to_value(&WebhookEndpoint {
        id,
        object,
        api: endpoint.api.as_str(),
        created: endpoint.created.s(),
        description: endpoint.description.clone(),
        disabled_reason: endpoint.disabled_reason.clone(),
        enabled_events: endpoint.enabled_events.clone(),
        livemode: context.livemode,
        metadata: endpoint.metadata.to_json(),
        status: match endpoint.status {
            EndpointStatus::Enabled => "enabled",
            EndpointStatus::Disabled => "disabled",
        },
        url: endpoint.url.clone(),
        secret: secret.map(str::to_owned),
    })
}

/// The object of an event.
pub(super) fn subject(subject: &Subject, kind: EventKind, context: Context<'_>) -> Value {
    let is_about_charge = matches!(
        kind,
        EventKind::ChargeSucceeded
            | EventKind::ChargeFailed
            | EventKind::ChargeCaptured
            | EventKind::ChargeRefunded
    );
    match subject {
        Subject::Payment(payment) if is_about_charge => charge(payment, context),
        Subject::Payment(payment) => payment_intent(payment, context),
        Subject::Refund(it) => refund(it),
        Subject::Customer(it) => customer(it, context),
        Subject::PaymentMethod(it) => payment_method(it, context),
        Subject::Endpoint(it) => webhook_endpoint(it, context),
    }
}
