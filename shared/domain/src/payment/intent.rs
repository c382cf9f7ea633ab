//! Data of payments that are taken as intents: created first, then confirmed, captured or canceled by the
//! merchant.

use serde::{Deserialize, Serialize};

use super::details::DetailsUpdate;
use crate::{
    contact::Billing,
    id::{CustomerId, PaymentMethodId},
    metadata::Metadata,
    money::Money,
    source::{Instrument, Source},
    time::Timestamp,
};

/// The fields that only an intent has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Whether the merchant captures separately. Otherwise the confirmation captures.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual_capture: bool,
    /// Whether the merchant's server confirms instead of the payer's page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual_confirmation: bool,
    /// The accepted types of payment method: `card`, `sepa_debit`.
    #[serde(default)]
    pub payment_method_types: Vec<String>,
    /// The payment method to charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethodId>,
    /// The payment method that was declined last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_method: Option<PaymentMethodId>,
    /// The issuer's code for the latest decline, where it says more than the decline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// E-mail address for the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_email: Option<String>,
    /// Number of charges so far, declined ones included.
    #[serde(default)]
    pub charges: u32,
    /// When it was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<Timestamp>,
    /// The merchant's reason for the cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<String>,
}

/// The parts of a payment method that a payment copies.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// The payment method's id.
    pub id: PaymentMethodId,
    /// The details that answers show.
    pub source: Source,
    /// The processor's name for it.
    pub instrument: Instrument,
    /// The billing details.
    pub billing: Billing,
}

/// A merchant's changes to a payment. `None` leaves a field as it is; `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// New amount and currency.
    pub amount: Option<Money>,
    /// New customer.
    pub customer: Option<CustomerId>,
    /// New description.
    pub description: Option<Option<String>>,
    /// The complete new metadata.
    pub metadata: Option<Metadata>,
    /// New e-mail address for the receipt.
    pub receipt_email: Option<Option<String>>,
    /// New payment method.
    pub method: Option<Method>,
    /// New accepted types of payment method.
    pub payment_method_types: Option<Vec<String>>,
    /// Whether the merchant captures separately.
    pub manual_capture: Option<bool>,
    /// Changes of what is said beyond what is charged.
    pub details: DetailsUpdate,
}

impl Amendment {
    /// Whether it changes nothing of a charge, so that it may come at any time.
    pub fn is_annotation(&self) -> bool {
        // Every field is named, so that a new one has to be decided on.
        let Self {
            description: _,
            metadata: _,
            receipt_email: _,
            amount,
            customer,
            method,
            payment_method_types,
            manual_capture,
            details,
        } = self;
        let DetailsUpdate {
            shipping: _,
            user_report: _,
            mandate_acceptance: _,
            statement_descriptor,
            statement_descriptor_suffix,
            setup_future_usage,
            automatic_methods,
            excluded_types,
            request_three_d_secure,
            async_capture,
        } = details;
        amount.is_none()
            && customer.is_none()
            && method.is_none()
            && payment_method_types.is_none()
            && manual_capture.is_none()
            && statement_descriptor.is_none()
            && statement_descriptor_suffix.is_none()
            && setup_future_usage.is_none()
            && automatic_methods.is_none()
            && excluded_types.is_none()
            && request_three_d_secure.is_none()
            && async_capture.is_none()
    }
}
