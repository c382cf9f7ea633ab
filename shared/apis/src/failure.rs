//! Why a payment failed, as `charges` and `direct` show it.

use serde::Serialize;
use tollgate_domain::{Payment, payment::Status};

/// Why no money was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The code, for programs.
    pub failure_code: &'static str,
    /// The message, for people.
    pub failure_message: &'static str,
}

impl Failure {
    /// The failure of a payment; `None` while it may still succeed, and after it did.
    pub fn of(payment: &Payment) -> Option<Self> {
        match (payment.state.decline, payment.state.status) {
            (Some(decline), _) => {
                Some(Self { failure_code: decline.code(), failure_message: decline.message() })
            }
            (None, Status::Canceled) => Some(Self {
                failure_code: "payment_canceled",
                failure_message: "The payment was canceled before it was made.",
            }),
            (
                None,
                Status::RequiresPaymentMethod
                | Status::RequiresConfirmation
                | Status::RequiresAction
                | Status::Processing
                | Status::RequiresCapture
                | Status::Succeeded
                | Status::Failed,
            ) => None,
        }
    }
}
