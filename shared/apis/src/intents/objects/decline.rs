//! Why a charge failed.

use serde::Serialize;
use tollgate_domain::{Decline, Payment as StoredPayment};

use super::super::names::{CHARGE_PREFIX, METHOD_PREFIX};

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
    pub decline_code: Option<String>,
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

/// The `code` and the `decline_code` of a payment's decline; `None` if it was not declined.
pub(super) fn codes_of(payment: &StoredPayment) -> Option<(&'static str, Option<&str>)> {
    let (code, decline_code) = decline_codes(payment.state.decline?);
    let said = payment.intent.as_ref().and_then(|intent| intent.decline_code.as_deref());
    Some(match said {
        // The payer was not there to be authenticated.
        Some("authentication_required") => ("authentication_required", said),
        _ => (code, said.or(decline_code)),
    })
}

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
        let (code, decline_code) = codes_of(payment)?;
        let method = payment.intent.as_ref().and_then(|intent| intent.declined_method);
        Some(Self {
            r#type: "card_error",
            code,
            message: decline.message(),
            charge: payment.id.to_prefixed(CHARGE_PREFIX),
            decline_code: decline_code.map(str::to_owned),
            payment_method: method
                .map(|id| MethodLink { id: id.to_prefixed(METHOD_PREFIX), object: "payment_method" }),
        })
    }
}
