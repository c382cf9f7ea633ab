//! The part of a payment that answers show and that changes.

use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::source::Decline;

/// The part of a payment that answers show and that changes. Its fields are stored beside the payment's other
/// fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentState {
    /// The status.
    pub status: Status,
    /// Why the payment failed, or the intent's latest charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// The URL to which the payer returns after the challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}
