//! Balance transactions: why a balance changed, and by how much.

use serde::{Deserialize, Serialize};

use super::Accounts;
use crate::{
    id::{BalanceTransactionId, Kind, PaymentId, PaymentKind, PayoutId, RefundId, RefundKind},
    money::Money,
    tenant::Tenant,
    time::Timestamp,
};

/// Why a balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// A payment was captured.
    Charge,
    /// A refund was made. Its money is taken while it is pending, too.
    Refund,
    /// A refund failed or was canceled, and its money came back.
    RefundFailure,
}

impl TransactionKind {
    /// The name, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
        }
    }
}

/// What a balance transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionSource {
    /// A payment.
    Payment(PaymentId),
    /// A refund.
    Refund(RefundId),
}

impl TransactionSource {
    /// The key of its item in the main table.
    pub fn key(self, tenant: Tenant) -> String {
        match self {
            Self::Payment(id) => format!("{tenant}{}#{id}", PaymentKind::CODE),
            Self::Refund(id) => format!("{tenant}{}#{id}", RefundKind::CODE),
        }
    }
}

/// Whether the money of a balance transaction can be paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FundsStatus {
    /// From [`BalanceTransaction::available_on`] on.
    Pending,
    /// Now.
    Available,
}

impl FundsStatus {
    /// `pending` or `available`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
        }
    }
}

/// A balance transaction. Of a stored one only the status changes, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceTransaction {
    /// The id. It is derived, so that what was booked is not booked again.
    pub id: BalanceTransactionId,
    /// Version number, starting at 1: how often it moved a balance.
    pub version: u64,
    /// Why the balance changed.
    pub kind: TransactionKind,
    /// What it is about.
    pub source: TransactionSource,
    /// The change before the fee; negative if money was taken.
    pub amount: Money,
    /// The fee, in minor units.
    pub fee: i64,
    /// The merchant's description of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its money can be paid out. Stored as `funds`.
    #[serde(rename = "funds")]
    pub status: FundsStatus,
    /// When the balance changed.
    pub created: Timestamp,
    /// When its money can be paid out.
    pub available_on: Timestamp,
    /// The payout that paid its money out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payout: Option<PayoutId>,
}

impl BalanceTransaction {
    /// The change of the merchant's money, in minor units.
    pub const fn net(&self) -> i64 {
        self.amount.minor.saturating_sub(self.fee)
    }

    /// What it moved so far: from the processor's side to the merchant's money and to the fees.
    pub const fn movement(&self) -> Accounts {
        let (pending, available) = match self.status {
            FundsStatus::Pending => (self.net(), 0),
            FundsStatus::Available => (0, self.net()),
        };
        let processor = self.amount.minor.saturating_neg();
        Accounts { processor, pending, available, in_transit: 0, disputed: 0, fees: self.fee }
    }

    /// The next version, with available money; `None` if it is available already or not yet due.
    pub fn made_available(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.status == FundsStatus::Pending && self.available_on <= now;
        is_due.then(|| Self { version: self.version + 1, status: FundsStatus::Available, ..self.clone() })
    }
}
