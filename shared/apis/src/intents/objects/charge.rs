//! A charge.

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_domain::{
    Decline, Payment as StoredPayment,
    ledger::{TransactionKind, required_by_payment},
    payment::Status,
};

use super::{
    super::names::{CHARGE_PREFIX, CUSTOMER_PREFIX, PAYMENT_PREFIX},
    contact::{BillingDetails, Shipping},
    context::{Context, currency, method_of},
    decline::codes_of,
    method_details::MethodDetails,
};
use crate::json::to_value;

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
    /// `txn_…`, once it is captured. It is booked a moment later, before its event is sent.
    pub balance_transaction: Option<String>,
    /// Whose the payment method is.
    pub billing_details: BillingDetails,
    /// The whole text on the payer's statement, where the merchant set it.
    pub calculated_statement_descriptor: Option<String>,
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
    /// Whether it was ever disputed or inquired about.
    pub disputed: bool,
    /// Always `null`: what failed took no money.
    pub failure_balance_transaction: Option<()>,
    /// Code of the decline.
    pub failure_code: Option<&'static str>,
    /// Message of the decline.
    pub failure_message: Option<&'static str>,
    /// Whether the merchant holds it for a fraud, under `user_report`.
    pub fraud_details: Value,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Why it was approved or declined; `null` until it is decided.
    pub outcome: Option<ChargeOutcome>,
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
    /// Always `null`: no receipts are sent.
    pub receipt_number: Option<()>,
    /// Always `null`: no receipts are sent.
    pub receipt_url: Option<()>,
    /// Whether all of it was refunded.
    pub refunded: bool,
    /// Always `null`: there are no reviews of charges.
    pub review: Option<()>,
    /// Where the goods are sent.
    pub shipping: Option<Shipping>,
    /// Always `null`: `payment_method` names what was charged.
    pub source: Option<()>,
    /// The text on the payer's statement.
    pub statement_descriptor: Option<String>,
    /// What follows the merchant's text on the statement of a card.
    pub statement_descriptor_suffix: Option<String>,
    /// `succeeded`, `pending` or `failed`.
    pub status: &'static str,
}

/// Why a charge was approved or declined.
#[derive(Debug, Serialize)]
pub struct ChargeOutcome {
    /// `approved_by_network`, `declined_by_network` or, where the network was not asked, `not_sent_to_network`.
    pub network_status: &'static str,
    /// The code of a decline.
    pub reason: Option<String>,
    /// What the merchant may read.
    pub seller_message: &'static str,
    /// `authorized` or `issuer_declined`.
    pub r#type: &'static str,
}

impl ChargeOutcome {
    fn of(payment: &StoredPayment) -> Option<Self> {
        if let Some(decline) = payment.state.decline {
            let asked = !matches!(decline, Decline::AuthenticationFailed | Decline::AuthenticationExpired);
            let (code, decline_code) = codes_of(payment)?;
            return Some(Self {
                network_status: if asked { "declined_by_network" } else { "not_sent_to_network" },
                reason: Some(decline_code.unwrap_or(code).to_owned()),
                seller_message: decline.message(),
                r#type: "issuer_declined",
            });
        }
        is_paid(payment).then_some(Self {
            network_status: "approved_by_network",
            reason: None,
            seller_message: "Payment complete.",
            r#type: "authorized",
        })
    }
}

/// Whether it was authorized or captured.
const fn is_paid(payment: &StoredPayment) -> bool {
    matches!(payment.state.status, Status::Succeeded | Status::RequiresCapture)
}

/// The status of a payment's charge: `succeeded`, `pending` or `failed`.
pub const fn charge_status(payment: &StoredPayment) -> &'static str {
    match payment.state.status {
        Status::Succeeded | Status::RequiresCapture => "succeeded",
        Status::Processing | Status::RequiresAction => "pending",
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::Failed | Status::Canceled => {
            "failed"
        }
    }
}

/// The whole text on the payer's statement.
fn whole_descriptor(descriptor: Option<&String>, suffix: Option<&String>) -> Option<String> {
    match (descriptor, suffix) {
        (Some(descriptor), Some(suffix)) => Some(format!("{descriptor}* {suffix}")),
        (Some(text), None) | (None, Some(text)) => Some(text.clone()),
        (None, None) => None,
    }
}

impl Charge {
    /// The charge of a payment.
    pub fn new(payment: &StoredPayment, context: Context<'_>) -> Self {
        let decline = payment.state.decline;
        let details = payment.details.as_deref();
        let descriptor = details.and_then(|details| details.statement_descriptor.as_ref());
        let suffix = details.and_then(|details| details.statement_descriptor_suffix.as_ref());
        let report = details.and_then(|details| details.user_report.as_ref());
        Self {
            id: payment.id.to_prefixed(CHARGE_PREFIX),
            object: "charge",
            amount: payment.amount.minor,
            amount_captured: payment.amount_captured,
            amount_refunded: payment.amount_refunded,
            balance_transaction: context.transaction(&required_by_payment(payment), TransactionKind::Charge),
            billing_details: BillingDetails::of_payment(payment),
            calculated_statement_descriptor: whole_descriptor(descriptor, suffix),
            captured: payment.amount_captured > 0,
            created: payment.created.s(),
            currency: currency(payment.amount),
            customer: payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
            description: payment.description.clone(),
            disputed: payment.disputed_minor.is_some(),
            failure_balance_transaction: None,
            failure_code: codes_of(payment).map(|(code, _)| code),
            failure_message: decline.map(Decline::message),
            fraud_details: report.map_or_else(|| json!({}), |report| json!({"user_report": report})),
            livemode: context.livemode(),
            metadata: payment.metadata_json(),
            outcome: ChargeOutcome::of(payment),
            paid: is_paid(payment),
            payment_intent: payment.id.to_prefixed(PAYMENT_PREFIX),
            payment_method: method_of(payment),
            payment_method_details: payment.source.as_ref().map(MethodDetails::new),
            receipt_email: payment.receipt_email().cloned(),
            receipt_number: None,
            receipt_url: None,
            refunded: payment.amount_captured > 0 && payment.amount_refunded == payment.amount_captured,
            review: None,
            shipping: Shipping::of_payment(payment),
            source: None,
            statement_descriptor: descriptor.cloned(),
            statement_descriptor_suffix: suffix.cloned(),
            status: charge_status(payment),
        }
    }
}

/// The charge of a payment as JSON.
pub fn charge(payment: &StoredPayment, context: Context<'_>) -> Value {
    to_value(&Charge::new(payment, context))
}
