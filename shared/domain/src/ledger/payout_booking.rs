//! The balance transactions of a payout.
//!
//! Unlike all others they are not left to the stream. The first one takes the payout's money in the transaction that
//! creates the payout, so that two payouts never take the same money. It is settled, and the money given back where it
//! did not arrive, in the transaction that settles the payout. The stream finds them booked.

use super::transaction::{BalanceTransaction, FundsStatus, TransactionKind, TransactionSource};
use crate::{
    id::BalanceTransactionId,
    money::Money,
    payout::{Payout, PayoutStatus},
    time::Timestamp,
};

/// What a balance transaction says of a payout that has no description.
const DESCRIPTION: &str = "Payout";
/// What the return of a payout's money says.
const RETURN_DESCRIPTION: &str = "Return of a payout";

/// A balance transaction that a payout's state requires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PayoutBooking<'a> {
    /// The payout.
    pub(super) payout: &'a Payout,
    /// [`TransactionKind::Payout`], or the return of its money.
    pub(super) kind: TransactionKind,
}

/// The kinds of the balance transactions that a payout's state requires: its own, and the return of its money.
fn kinds(payout: &Payout) -> impl Iterator<Item = TransactionKind> {
    let returned = match payout.status {
        PayoutStatus::Pending | PayoutStatus::InTransit | PayoutStatus::Paid => None,
        PayoutStatus::Failed => Some(TransactionKind::PayoutFailure),
        PayoutStatus::Canceled => Some(TransactionKind::PayoutCancel),
    };
    std::iter::once(TransactionKind::Payout).chain(returned)
}

impl<'a> PayoutBooking<'a> {
    /// What a payout's state requires.
    pub(super) fn all_of(payout: &'a Payout) -> impl Iterator<Item = Self> {
        kinds(payout).map(move |kind| Self { payout, kind })
    }

    /// Whether it is the money of a payout that has ended, so that it must not be on its way any more.
    pub const fn is_ended(&self) -> bool {
        !self.is_return() && self.payout.status.is_settled()
    }

    const fn is_return(&self) -> bool {
        !matches!(self.kind, TransactionKind::Payout)
    }

    pub(super) const fn amount(&self) -> Money {
        let Money { minor, currency } = self.payout.amount;
        Money { minor: if self.is_return() { minor } else { minor.saturating_neg() }, currency }
    }

    pub(super) fn at(&self) -> Timestamp {
        if self.is_return() {
            self.payout.settled.unwrap_or(self.payout.updated)
        } else {
            self.payout.created
        }
    }

    /// The balance transaction, as the payout's status requires it: that of a settled payout is settled, in its second
    /// version.
    pub(super) fn booked(&self, id: BalanceTransactionId) -> BalanceTransaction {
        let is_pending = !self.is_return() && !self.payout.status.is_settled();
        // What goes to another merchant was never on its way.
        let is_at_once = self.payout.destination.account().is_some();
        let is_second = !self.is_return() && !is_pending && !is_at_once;
        let description = if self.is_return() {
            RETURN_DESCRIPTION.to_owned()
        } else {
            self.payout.description.clone().unwrap_or_else(|| DESCRIPTION.to_owned())
        };
        BalanceTransaction {
            id,
            version: if is_second { 2 } else { 1 },
            kind: self.kind,
            source: TransactionSource::Payout(self.payout.id),
            amount: self.amount(),
            fee: 0,
            description: Some(description),
            status: if is_pending { FundsStatus::Pending } else { FundsStatus::Available },
            created: self.at(),
            available_on: if self.is_return() || is_at_once { self.at() } else { self.payout.arrival_date },
            payout: Some(self.payout.id),
        }
    }
}
