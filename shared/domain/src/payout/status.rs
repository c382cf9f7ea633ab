//! The status of a payout.

use serde::{Deserialize, Serialize};

/// The status of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// It was not given to the rail. It can be canceled.
    Pending,
    /// The rail has it, or is about to get it.
    InTransit,
    /// The money arrived.
    Paid,
    /// The bank did not take the money, which is back in the balance.
    Failed,
    /// The merchant canceled it, and the money is back in the balance.
    Canceled,
}

impl PayoutStatus {
    /// Its name: `pending`, `in_transit`, `paid`, `failed` or `canceled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InTransit => "in_transit",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Reads a name of [`PayoutStatus::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Pending, Self::InTransit, Self::Paid, Self::Failed, Self::Canceled];
        all.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether it is final: the money has left, or is back.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Pending | Self::InTransit => false,
            Self::Paid | Self::Failed | Self::Canceled => true,
        }
    }
}
