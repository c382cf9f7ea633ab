//! The statuses of a payment.

use serde::{Deserialize, Serialize};

/// A payment's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An intent without a payment method, or whose payment method was declined.
    RequiresPaymentMethod,
    /// Waits for the confirmation: of the payer on the hosted page, or of an intent's merchant.
    RequiresConfirmation,
    /// Waits for the cardholder to pass a 3-D Secure challenge.
    RequiresAction,
    /// Waits for the processor's decision.
    Processing,
    /// The amount is authorized and not captured.
    RequiresCapture,
    /// The amount was captured.
    Succeeded,
    /// Nothing was captured, and nothing will be.
    Failed,
    /// Canceled before anything was captured.
    Canceled,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Self] = &[
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::Processing,
        Self::RequiresCapture,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
    ];

    /// Whether the status never changes again. A succeeded payment can still be refunded.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// The name, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}
