//! A charge.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{Decline, Payment as StoredPayment, payment::Status};

use super::{
    super::names::{CHARGE_PREFIX, CUSTOMER_PREFIX, PAYMENT_PREFIX},
    context::{Context, currency, method_of},
    decline::decline_codes,
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

/// The charge of a payment as JSON.
pub fn charge(payment: &StoredPayment, context: Context<'_>) -> Value {
    to_value(&Charge::new(payment, context))
}
