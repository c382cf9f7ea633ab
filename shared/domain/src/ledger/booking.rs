//! Which changes are booked, and as what.
//!
//! The balance transactions that an item requires follow from its state, and their ids from the item's key. So a
//! change that is read twice is booked once. A change that was missed is booked with the next one, or by the
//! operator's tool. And `verify-ledger` knows what has to be there.

use super::{
    BalanceTransaction, FundsStatus, LedgerTerms, TransactionKind, TransactionSource,
    payout_booking::PayoutBooking,
};
use crate::{
    adjustment::Adjustment,
    dispute::{Dispute, DisputeStatus},
    event::Subject,
    id::BalanceTransactionId,
    idempotency::booking_id,
    money::Money,
    payment::{Payment, Status},
    payout::Payout,
    refund::{Refund, RefundStatus},
    tenant::Tenant,
    time::Timestamp,
    transfer::Transfer,
};

/// A balance transaction that an item's state requires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Booking<'a> {
    /// The capture of a payment.
    Charge(&'a Payment),
    /// A refund.
    Refund(&'a Refund),
    /// The return of a refund's money.
    RefundFailure(&'a Refund),
    /// The money that a dispute withholds, and its fee.
    Dispute(&'a Dispute),
    /// The return of a won dispute's money.
    DisputeReversal(&'a Dispute),
    /// A payout, or the return of its money.
    Payout(PayoutBooking<'a>),
    /// Another merchant's payout.
    Transfer(&'a Transfer),
    /// The operator's adjustment.
    Adjustment(&'a Adjustment),
}

/// What a change requires in the ledger: what the new state requires and the old one did not, and what is withheld no
/// longer. `before` is `None` for a create, and where the earlier state is not known.
pub fn bookings_of<'a>(before: Option<&Subject>, after: &'a Subject) -> Vec<Booking<'a>> {
    let step = |booking: &Booking<'_>| (booking.kind(), booking.is_settled());
    let earlier: Vec<_> = before.map(required).unwrap_or_default().iter().map(step).collect();
    required(after).into_iter().filter(|booking| !earlier.contains(&step(booking))).collect()
}

/// Everything that an item's state requires in the ledger.
fn required(subject: &Subject) -> Vec<Booking<'_>> {
    match subject {
        Subject::Payment(payment) => required_by_payment(payment),
        Subject::Refund(refund) => required_by_refund(refund),
        Subject::Dispute(dispute) => required_by_dispute(dispute),
        Subject::Payout(payout) => required_by_payout(payout),
        Subject::Transfer(transfer) => vec![Booking::Transfer(transfer)],
        Subject::Adjustment(adjustment) => vec![Booking::Adjustment(adjustment)],
        Subject::Customer(_)
        | Subject::PaymentMethod(_)
        | Subject::Endpoint(_)
        | Subject::BankAccount(_)
        | Subject::ConnectedAccount(_)
        | Subject::BalanceSettings(_)
        | Subject::Billing(_)
        | Subject::Balance(_) => Vec::new(),
    }
}

/// What a payment's state requires in the ledger: its capture.
pub fn required_by_payment(payment: &Payment) -> Vec<Booking<'_>> {
    if is_captured(payment) { vec![Booking::Charge(payment)] } else { Vec::new() }
}

/// What a refund's state requires in the ledger. A refund that did not succeed at once was pending first, with its
/// money taken. One that failed when it was created took none.
pub fn required_by_refund(refund: &Refund) -> Vec<Booking<'_>> {
    match refund.status {
        RefundStatus::Pending | RefundStatus::Succeeded => vec![Booking::Refund(refund)],
        RefundStatus::Failed | RefundStatus::Canceled if refund.version > 1 => {
            vec![Booking::Refund(refund), Booking::RefundFailure(refund)]
        }
        RefundStatus::Failed | RefundStatus::Canceled => Vec::new(),
    }
}

/// What a dispute's state requires in the ledger: nothing while it is an inquiry.
pub fn required_by_dispute(dispute: &Dispute) -> Vec<Booking<'_>> {
    match dispute.status {
        _ if dispute.withheld_since.is_none() => Vec::new(),
        DisputeStatus::Won => vec![Booking::Dispute(dispute), Booking::DisputeReversal(dispute)],
        DisputeStatus::NeedsResponse
        | DisputeStatus::UnderReview
        | DisputeStatus::Lost
        | DisputeStatus::WarningNeedsResponse
        | DisputeStatus::WarningUnderReview
        | DisputeStatus::WarningClosed => vec![Booking::Dispute(dispute)],
    }
}

/// What a payout's state requires in the ledger: the payout, and the return of its money. Its own transactions wrote
/// them.
pub fn required_by_payout(payout: &Payout) -> Vec<Booking<'_>> {
    PayoutBooking::all_of(payout).map(Booking::Payout).collect()
}

fn is_captured(payment: &Payment) -> bool {
    payment.state.status == Status::Succeeded && payment.amount_captured > 0
}

impl Booking<'_> {
    /// The kind of the balance transaction.
    pub const fn kind(&self) -> TransactionKind {
        match self {
            Self::Charge(_) => TransactionKind::Charge,
            Self::Refund(_) => TransactionKind::Refund,
            Self::RefundFailure(_) => TransactionKind::RefundFailure,
            Self::Dispute(_) => TransactionKind::Dispute,
            Self::DisputeReversal(_) => TransactionKind::DisputeReversal,
            Self::Payout(booking) => booking.kind,
            Self::Transfer(_) => TransactionKind::Transfer,
            Self::Adjustment(_) => TransactionKind::Adjustment,
        }
    }

    /// Whether it is about money that was withheld and no longer is.
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Dispute(dispute) if dispute.status.is_decided())
    }

    /// The id of the balance transaction.
    pub fn id(&self, tenant: Tenant) -> BalanceTransactionId {
        booking_id(&self.source().key(tenant), self.kind().as_str())
    }

    /// What the balance transaction is about.
    pub const fn source(&self) -> TransactionSource {
        match self {
            Self::Charge(payment) => TransactionSource::Payment(payment.id),
            Self::Refund(refund) | Self::RefundFailure(refund) => TransactionSource::Refund(refund.id),
            Self::Dispute(dispute) | Self::DisputeReversal(dispute) => TransactionSource::Dispute(dispute.id),
            Self::Payout(booking) => TransactionSource::Payout(booking.payout.id),
            Self::Transfer(transfer) => TransactionSource::Transfer(transfer.id),
            Self::Adjustment(adjustment) => TransactionSource::Adjustment(adjustment.id),
        }
    }

    /// The change before the fee.
    pub const fn amount(&self) -> Money {
        match self {
            Self::Charge(payment) => {
                Money { minor: payment.amount_captured, currency: payment.amount.currency }
            }
            Self::Refund(refund) => {
                Money { minor: refund.amount.minor.saturating_neg(), currency: refund.amount.currency }
            }
            Self::RefundFailure(refund) => refund.amount,
            Self::Dispute(dispute) => {
                Money { minor: dispute.amount.minor.saturating_neg(), currency: dispute.amount.currency }
            }
            Self::DisputeReversal(dispute) => dispute.amount,
            Self::Payout(booking) => booking.amount(),
            Self::Transfer(transfer) => transfer.amount,
            Self::Adjustment(adjustment) => adjustment.amount,
        }
    }

    /// When the balance changes.
    fn at(&self) -> Timestamp {
        match self {
            // The first releases did not record the capture's time.
            Self::Charge(payment) => payment.completed.unwrap_or(payment.created),
            Self::Refund(refund) => refund.created,
            Self::RefundFailure(refund) => refund.updated,
            Self::Dispute(dispute) => dispute.withheld_since.unwrap_or(dispute.created),
            Self::DisputeReversal(dispute) => dispute.updated,
            Self::Payout(booking) => booking.at(),
            Self::Transfer(transfer) => transfer.created,
            Self::Adjustment(adjustment) => adjustment.created,
        }
    }

    /// The balance transaction. A payment's money is pending for the merchant's delay. A refund takes available
    /// money at once, also while its payment's is pending: so a payout never takes money that a refund needs.
    /// Refunds cost no fee, and give none back. A dispute takes available money and a fee, which a won one keeps.
    pub fn booked(&self, tenant: Tenant, terms: &LedgerTerms) -> BalanceTransaction {
        let (at, amount) = (self.at(), self.amount());
        let (fee, status, available_on, description) = match self {
            Self::Charge(payment) => {
                let available_on = terms.available_on(at);
                let fee = terms.fees.fee_of(amount);
                (fee, FundsStatus::Pending, available_on, payment.description.clone())
            }
            Self::Dispute(dispute) => {
                let status = if self.is_settled() { FundsStatus::Available } else { FundsStatus::Pending };
                (dispute.fee, status, at, None)
            }
            Self::Refund(_) | Self::RefundFailure(_) | Self::DisputeReversal(_) => {
                (0, FundsStatus::Available, at, None)
            }
            Self::Payout(booking) => return booking.booked(self.id(tenant)),
            Self::Transfer(transfer) => {
                let description = transfer.description.clone();
                (0, FundsStatus::Available, at, Some(description.unwrap_or_else(|| "Transfer".to_owned())))
            }
            Self::Adjustment(adjustment) => (0, FundsStatus::Available, at, Some(adjustment.reason.clone())),
        };
        BalanceTransaction {
            id: self.id(tenant),
            version: 1,
            kind: self.kind(),
            source: self.source(),
            amount,
            fee,
            description,
            status,
            created: at,
            available_on,
            payout: None,
        }
    }
}
