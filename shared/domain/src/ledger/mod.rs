//! The double-entry ledger: what a merchant is owed, and why.
//!
//! A change of a payment, a refund or a dispute is booked as a balance transaction, which moves money between
//! [`Accounts`]. Each movement sums to zero. A balance is the sum of all movements of a tenant in one currency.
//!
//! | file | content |
//! |---|---|
//! | `accounts` | the accounts and their sums |
//! | `terms` | fees and the delay after which money is available |
//! | `transaction` | the balance transaction and what it moves |
//! | `booking` | which changes are booked, and as what |
//! | `payout_booking` | the balance transactions of a payout, which its own transactions write |
//! | `sheet` | all balances at one moment |
//! | `check` | how far the check of a tenant's ledger is, and what it found |
//!
//! A new reason to move money, such as a dispute, is a variant of [`TransactionKind`] and of [`Booking`], with
//! the accounts that it moves. The compiler asks for the rest.

mod accounts;
mod booking;
pub mod check;
mod payout_booking;
mod sheet;
mod terms;
#[cfg(test)]
mod tests;
mod transaction;

pub use self::{
    accounts::Accounts,
    booking::{
        Booking, bookings_of, required_by_dispute, required_by_payment, required_by_payout,
        required_by_refund,
    },
    check::LedgerCheck,
    payout_booking::PayoutBooking,
    sheet::{BalanceSheet, CurrencyBalance},
    terms::{BadTerms, DELAY_DAYS_MAX, Fee, FeeSchedule, LedgerTerms, RATE_BASIS_POINTS_MAX},
    transaction::{BalanceTransaction, FundsStatus, TransactionKind, TransactionSource},
};
