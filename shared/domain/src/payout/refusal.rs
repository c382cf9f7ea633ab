//! Why a payout is not made or changed.

use super::status::PayoutStatus;
use crate::money::Money;

/// The status of a payout does not allow the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payout is {}", .0.as_str())]
pub struct UnexpectedPayoutStatus(pub PayoutStatus);

/// Why a payout is not made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayoutRefusal {
    /// More than is available.
    #[error("only {available} is available")]
    BalanceInsufficient {
        /// What is available in the currency. It may be negative.
        available: Money,
    },
    /// Instant payouts are not made.
    #[error("instant payouts are not supported")]
    Instant,
    /// Nothing carries live money to banks yet.
    #[error("live payouts are not enabled")]
    NoRail,
    /// There is no bank account in the currency.
    #[error("there is no bank account for this currency")]
    NoBankAccount,
    /// The bank account has another currency.
    #[error("the bank account has another currency")]
    OtherCurrency,
    /// The account is the merchant's own.
    #[error("the account is the merchant's own")]
    OwnAccount,
    /// The other merchant has not accepted.
    #[error("the other merchant has not accepted")]
    NotAccepted,
    /// It is not pending any more.
    #[error(transparent)]
    UnexpectedStatus(#[from] UnexpectedPayoutStatus),
}
