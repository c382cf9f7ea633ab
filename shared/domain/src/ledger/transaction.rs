//! Balance transactions: why a balance changed, and by how much.

use serde::{Deserialize, Serialize};

use super::Accounts;
use crate::{
    id::{
        AdjustmentId, AdjustmentKind, BalanceTransactionId, DisputeId, DisputeKind, Kind, PaymentId,
        PaymentKind, PayoutId, PayoutKind, RefundId, RefundKind, TransferId, TransferKind,
    },
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
    /// A payment was disputed: its money is withheld, and a fee taken.
    Dispute,
    /// A dispute was won, and its money came back.
    DisputeReversal,
    /// A payout was created.
    Payout,
    /// A payout failed, and its money came back.
    PayoutFailure,
    /// A payout was canceled, and its money came back.
    PayoutCancel,
    /// Another merchant's payout came in.
    Transfer,
    /// The operator booked a difference to a processor's settlement.
    Adjustment,
}

impl TransactionKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Charge,
        Self::Refund,
        Self::RefundFailure,
        Self::Dispute,
        Self::DisputeReversal,
        Self::Payout,
        Self::PayoutFailure,
        Self::PayoutCancel,
        Self::Transfer,
        Self::Adjustment,
    ];

    /// The name, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Dispute => "dispute",
            Self::DisputeReversal => "dispute_reversal",
            Self::Payout => "payout",
            Self::PayoutFailure => "payout_failure",
            Self::PayoutCancel => "payout_cancel",
            Self::Transfer => "transfer",
            Self::Adjustment => "adjustment",
        }
    }

    /// Whether it is one of a payout's: written by the payout's own transactions, and settled with the payout.
    pub const fn is_of_payout(self) -> bool {
        match self {
            Self::Payout | Self::PayoutFailure | Self::PayoutCancel => true,
            Self::Charge
            | Self::Refund
            | Self::RefundFailure
            | Self::Dispute
            | Self::DisputeReversal
            | Self::Transfer
            | Self::Adjustment => false,
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
    /// A dispute.
    Dispute(DisputeId),
    /// A payout.
    Payout(PayoutId),
    /// A transfer.
    Transfer(TransferId),
    /// An adjustment.
    Adjustment(AdjustmentId),
}

impl TransactionSource {
    /// The key of its item in the main table.
    pub fn key(self, tenant: Tenant) -> String {
        match self {
            Self::Payment(id) => format!("{tenant}{}#{id}", PaymentKind::CODE),
            Self::Refund(id) => format!("{tenant}{}#{id}", RefundKind::CODE),
            Self::Dispute(id) => format!("{tenant}{}#{id}", DisputeKind::CODE),
            Self::Payout(id) => format!("{tenant}{}#{id}", PayoutKind::CODE),
            Self::Transfer(id) => format!("{tenant}{}#{id}", TransferKind::CODE),
            Self::Adjustment(id) => format!("{tenant}{}#{id}", AdjustmentKind::CODE),
        }
    }
}

/// Whether the money of a balance transaction can be paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FundsStatus {
    /// From [`BalanceTransaction::available_on`] on. Of a dispute: it is withheld.
    Pending,
    /// Now. Of a dispute: it is decided.
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

    /// What it moved so far: from the processor's side to the merchant's money and to the fees. What a dispute takes is
    /// withheld until the dispute is decided, and only then the processor's.
    pub const fn movement(&self) -> Accounts {
        let (processor, fees) = (self.amount.minor.saturating_neg(), self.fee);
        let moved =
            Accounts { processor, pending: 0, available: self.net(), in_transit: 0, disputed: 0, fees };
        match (self.status, self.kind) {
            (FundsStatus::Available, _) => moved,
            (FundsStatus::Pending, TransactionKind::Dispute) => {
                Accounts { processor: 0, disputed: processor, ..moved }
            }
            (
                FundsStatus::Pending,
                TransactionKind::Payout | TransactionKind::PayoutFailure | TransactionKind::PayoutCancel,
            ) => Accounts { processor: 0, in_transit: processor, ..moved },
            (
                FundsStatus::Pending,
                TransactionKind::Charge
                | TransactionKind::Refund
                | TransactionKind::RefundFailure
                | TransactionKind::DisputeReversal
                | TransactionKind::Transfer
                | TransactionKind::Adjustment,
            ) => Accounts { pending: self.net(), available: 0, ..moved },
        }
    }

    /// Whether its money becomes available by itself. That of a payout is settled with the payout, that of a dispute with
    /// the dispute.
    pub fn becomes_available(&self) -> bool {
        let is_held = self.kind == TransactionKind::Dispute || self.kind.is_of_payout();
        self.status == FundsStatus::Pending && !is_held
    }

    /// Whether its money is withheld by a dispute, or on its way with a payout.
    pub fn is_held(&self) -> bool {
        self.status == FundsStatus::Pending && !self.becomes_available()
    }

    /// The next version, with available money; `None` if it is available already or not yet due.
    pub fn made_available(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.becomes_available() && self.available_on <= now;
        is_due.then(|| self.settled_version())
    }

    /// The next version of what a dispute withholds, when it no longer does; `None` if it withholds nothing.
    pub fn settled(&self) -> Option<Self> {
        let is_withheld = self.kind == TransactionKind::Dispute && self.status == FundsStatus::Pending;
        is_withheld.then(|| self.settled_version())
    }

    fn settled_version(&self) -> Self {
        Self { version: self.version + 1, status: FundsStatus::Available, ..self.clone() }
    }
}
