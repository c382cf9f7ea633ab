//! Differences between payments and refunds, balance transactions and balances.

use std::fmt;

use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, Money, Tenant,
    ledger::{Booking, TransactionKind, TransactionSource},
};

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A payment or a refund is not booked.
    Missing {
        /// The balance transaction that is missing.
        transaction: String,
        /// Its kind.
        kind: &'static str,
        /// The item that requires it, by its key.
        source: String,
        /// The amount to be booked, in minor units.
        amount: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance transaction that no payment or refund requires.
    Unexplained {
        /// The balance transaction.
        transaction: String,
        /// Its kind.
        kind: &'static str,
        /// The item that it names, by its key.
        source: String,
        /// Its amount, in minor units.
        amount: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance transaction has another amount than its payment or refund.
    Amount {
        /// The balance transaction.
        transaction: String,
        /// The item that requires it, by its key.
        source: String,
        /// The booked amount, in minor units.
        booked: i64,
        /// The amount of the payment or refund, in minor units.
        required: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A dispute is decided and its money still withheld, or a payout has ended and its money is still on its way.
    Withheld {
        /// The balance transaction.
        transaction: String,
        /// The dispute or payout, by its key.
        source: String,
    },
    /// A balance transaction's fee is negative or above its amount.
    Fee {
        /// The balance transaction.
        transaction: String,
        /// The fee, in minor units.
        fee: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance is not the sum of its balance transactions.
    Balance {
        /// The tenant, as keys begin.
        tenant: String,
        /// The currency's code.
        currency: &'static str,
        /// The account.
        account: &'static str,
        /// The balance less the sum of its balance transactions, in minor units.
        excess: i64,
    },
    /// An item does not read.
    Unreadable {
        /// Its key.
        key: String,
    },
}

impl fmt::Display for Difference {
    /// One line, the same whenever the same difference is found.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { transaction, kind, source, amount, currency } => {
                write!(f, "{transaction} ({kind} of {source}) is not booked: {amount} {currency}")
            }
            Self::Unexplained { transaction, kind, source, amount, currency } => {
                write!(f, "{transaction} ({kind} of {source}) is booked without a cause: {amount} {currency}")
            }
            Self::Amount { transaction, source, booked, required, currency } => {
                write!(
                    f,
                    "{transaction} (of {source}) has another amount: {booked}, not {required} {currency}"
                )
            }
            Self::Withheld { transaction, source } => {
                write!(f, "{transaction} (of {source}) is withheld or on its way although that has ended")
            }
            Self::Fee { transaction, fee, currency } => {
                write!(f, "{transaction} has no sensible fee: {fee} {currency}")
            }
            Self::Balance { tenant, currency, account, excess } => {
                write!(f, "{account} of {tenant} is not the sum of its transactions: {excess:+} {currency}")
            }
            Self::Unreadable { key } => write!(f, "{key} does not read"),
        }
    }
}

/// What a balance transaction has to be, by its payment or refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Required {
    pub(crate) tenant: Tenant,
    pub(crate) id: BalanceTransactionId,
    pub(crate) kind: TransactionKind,
    pub(crate) source: TransactionSource,
    pub(crate) amount: Money,
    /// Whether its money must not be withheld or on its way any more.
    pub(crate) is_settled: bool,
}

impl Required {
    pub(crate) fn by(tenant: Tenant, booking: &Booking<'_>) -> Self {
        let (id, kind) = (booking.id(tenant), booking.kind());
        let amount = booking.amount();
        let is_settled = match booking {
            Booking::Payout(of_payout) => of_payout.is_ended(),
            Booking::Charge(_)
            | Booking::Refund(_)
            | Booking::RefundFailure(_)
            | Booking::Dispute(_)
            | Booking::DisputeReversal(_)
            | Booking::Transfer(_)
            | Booking::Adjustment(_) => booking.is_settled(),
        };
        Self { tenant, id, kind, source: booking.source(), amount, is_settled }
    }

    /// The difference that there is no such balance transaction.
    pub(crate) fn missing(&self) -> Difference {
        Difference::Missing {
            transaction: self.id.to_string(),
            kind: self.kind.as_str(),
            source: self.source.key(self.tenant),
            amount: self.amount.minor,
            currency: self.amount.currency.code(),
        }
    }
}

/// Compares a balance transaction with what its payment or refund requires.
pub(crate) fn compare(
    tenant: Tenant,
    booked: &BalanceTransaction,
    required: Option<&Required>,
) -> Vec<Difference> {
    let (transaction, source) = (booked.id.to_string(), booked.source.key(tenant));
    let (amount, currency) = (booked.amount.minor, booked.amount.currency.code());
    let mut found = Vec::new();
    match required {
        None => found.push(Difference::Unexplained {
            transaction: transaction.clone(),
            kind: booked.kind.as_str(),
            source,
            amount,
            currency,
        }),
        Some(required) if required.amount != booked.amount => {
            found.push(Difference::Amount {
                transaction: transaction.clone(),
                source,
                booked: amount,
                required: required.amount.minor,
                currency: required.amount.currency.code(),
            });
        }
        Some(required) if required.is_settled && booked.is_held() => {
            found.push(Difference::Withheld { transaction: transaction.clone(), source });
        }
        Some(_) => {}
    }
    // A dispute's fee is on top of what it takes.
    let fees = if booked.kind == TransactionKind::Dispute { i64::MAX } else { amount.max(0) };
    if !(0..=fees).contains(&booked.fee) {
        found.push(Difference::Fee { transaction, fee: booked.fee, currency });
    }
    found
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{
        BankAccountId, Currency, LedgerTerms, MerchantId, Metadata, Mode, Payout, PayoutId, RequestRef,
        Timestamp,
        ledger::required_by_payout,
        payout::{NewPayout, PayoutDestination, PayoutFailure, PayoutOutcome},
    };

    use super::*;

    fn tenant() -> Tenant {
        Tenant { merchant: MerchantId::from_bytes([1; 16]), mode: Mode::Test }
    }

    fn payout() -> Payout {
        let now = Timestamp::from_s(1);
        let new = NewPayout {
            id: PayoutId::from_bytes([2; 16]),
            request: RequestRef::default(),
            amount: Money { minor: 500, currency: Currency::from_code("EUR").expect("euro") },
            destination: PayoutDestination::BankAccount(BankAccountId::from_bytes([3; 16])),
            automatic: false,
            description: None,
            statement_descriptor: None,
            metadata: Metadata::default(),
            arrival_date: now,
            submit_at: now,
            fingerprint: None,
        };
        Payout::create(new, now)
    }

    #[test]
    fn money_that_is_on_its_way_with_a_payout_that_has_ended_is_a_difference() {
        let (now, request) = (Timestamp::from_s(2), RequestRef::default());
        let pending = payout();
        let sent = pending.sent(now, now, &request).expect("sent");
        let booked = |payout: &Payout| -> Vec<_> {
            let required = required_by_payout(payout);
            required.iter().map(|one| one.booked(tenant(), &LedgerTerms::default())).collect()
        };
        let check = |transaction: &BalanceTransaction, payout: &Payout| {
            let required = required_by_payout(payout);
            let required = required.iter().map(|booking| Required::by(tenant(), booking));
            let required: Vec<_> = required.filter(|required| required.id == transaction.id).collect();
            compare(tenant(), transaction, required.first())
        };
        let on_its_way = &booked(&pending)[0];
        assert_eq!(check(on_its_way, &pending), []);
        assert_eq!(check(on_its_way, &sent), []);
        for outcome in [PayoutOutcome::Paid, PayoutOutcome::Failed(PayoutFailure::NoAccount)] {
            let ended = sent.settle(outcome, now, &request).expect("ended");
            let [Difference::Withheld { .. }] = check(on_its_way, &ended)[..] else {
                panic!("{:?}", check(on_its_way, &ended));
            };
            for right in booked(&ended) {
                assert_eq!(check(&right, &ended), []);
            }
        }
    }
}
