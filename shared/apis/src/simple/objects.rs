//! The objects of the `simple` API.

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate_domain::{Payment as StoredPayment, Refund as StoredRefund, payment::Status};

use super::names::{PAYMENT_PREFIX, REFUND_PREFIX};
use crate::{Problem, charges::refund_status, json::decimal};

/// A payment.
#[derive(Debug, Serialize)]
pub struct Payment {
    /// `pay_…`.
    pub id: String,
    /// In major units, with exactly the currency's decimal places: `100.00`, `1000`.
    pub amount: Box<RawValue>,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// `succeeded`, `failed` or `pending`.
    pub status: &'static str,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A refund.
#[derive(Debug, Serialize)]
pub struct Refund {
    /// `refund_…`.
    pub id: String,
    /// `pay_…`.
    pub payment_id: String,
    /// In major units, with exactly the currency's decimal places.
    pub amount: Box<RawValue>,
    /// `succeeded`, `failed` or `pending`.
    pub status: &'static str,
    /// RFC 3339, UTC.
    pub created_at: String,
}

impl Payment {
    /// A payment.
    ///
    /// # Errors
    /// [`Problem::Internal`] if the amount is not a JSON number, which no stored amount is.
    pub fn new(payment: &StoredPayment) -> Result<Self, Problem> {
        Ok(Self {
            id: payment.id.to_prefixed(PAYMENT_PREFIX),
            amount: decimal(payment.amount)?,
            currency: payment.amount.currency.code(),
            status: match payment.state.status {
                Status::Succeeded => "succeeded",
                Status::Failed | Status::Canceled => "failed",
                Status::RequiresPaymentMethod
                | Status::RequiresConfirmation
                | Status::RequiresAction
                | Status::Processing
                | Status::RequiresCapture => "pending",
            },
            created_at: payment.created.rfc3339(),
        })
    }
}

impl Refund {
    /// A refund.
    ///
    /// # Errors
    /// See [`Payment::new`].
    pub fn new(refund: &StoredRefund) -> Result<Self, Problem> {
        Ok(Self {
            id: refund.id.to_prefixed(REFUND_PREFIX),
            payment_id: refund.payment.to_prefixed(PAYMENT_PREFIX),
            amount: decimal(refund.amount)?,
            status: refund_status(refund.status),
            created_at: refund.created.rfc3339(),
        })
    }
}
