#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::id::BankAccountId;
use crate::{
    ledger::{Accounts, FundsStatus, LedgerTerms, required_by_payout},
    money::Currency,
    payment::tests::NOW,
    tenant::{Mode, Tenant},
};

pub(crate) fn payout(minor: i64) -> Payout {
    let new = NewPayout {
        id: PayoutId::from_bytes([1; 16]),
        request: "req_1".into(),
        amount: Money { minor, currency: Currency::from_code("EUR").unwrap() },
        destination: PayoutDestination::BankAccount(BankAccountId::from_bytes([2; 16])),
        automatic: false,
        description: None,
        statement_descriptor: None,
        metadata: Metadata::default(),
        arrival_date: NOW.plus_ms(86_400_000),
        submit_at: NOW.plus_ms(5000),
        fingerprint: None,
    };
    Payout::create(new, NOW)
}

/// What all balance transactions that a payout requires have moved together.
fn moved(payout: &Payout) -> Accounts {
    let tenant = Tenant { merchant: crate::MerchantId::from_bytes([9; 16]), mode: Mode::Test };
    let booked = required_by_payout(payout);
    booked.iter().fold(Accounts::default(), |sum, booking| {
        sum.plus(booking.booked(tenant, &LedgerTerms::default()).movement())
    })
}

#[test]
fn a_payout_takes_its_money_first_and_gives_it_away_or_back_at_its_end() {
    let pending = payout(700);
    let taken = Accounts { available: -700, in_transit: 700, ..Accounts::default() };
    assert_eq!(moved(&pending), taken);
    let sent = pending.sent(NOW, NOW, &"r".into()).unwrap();
    assert_eq!(moved(&sent), taken);
    let paid = sent.settle(PayoutOutcome::Paid, NOW, &"r".into()).unwrap();
    assert_eq!(moved(&paid), Accounts { available: -700, processor: 700, ..Accounts::default() });
    let failed = sent.settle(PayoutOutcome::Failed(PayoutFailure::NoAccount), NOW, &"r".into()).unwrap();
    assert_eq!(moved(&failed), Accounts::default());
    assert_eq!(moved(&pending.canceled(NOW, &"r".into()).unwrap()), Accounts::default());
}

#[test]
fn a_payout_on_its_way_is_not_canceled_and_a_settled_one_does_not_change() {
    let pending = payout(1);
    assert_eq!(
        pending.settle(PayoutOutcome::Paid, NOW, &"r".into()),
        Err(UnexpectedPayoutStatus(PayoutStatus::Pending))
    );
    let sent = pending.sent(NOW, NOW, &"r".into()).unwrap();
    assert_eq!(sent.canceled(NOW, &"r".into()), Err(UnexpectedPayoutStatus(PayoutStatus::InTransit)));
    let failed = PayoutOutcome::Failed(PayoutFailure::AccountClosed);
    for settled in [
        sent.settle(PayoutOutcome::Paid, NOW, &"r".into()).unwrap(),
        sent.settle(failed, NOW, &"r".into()).unwrap(),
        pending.canceled(NOW, &"r".into()).unwrap(),
    ] {
        let refused = Err(UnexpectedPayoutStatus(settled.status));
        assert_eq!(settled.due, None);
        assert_eq!(settled.sent(NOW, NOW, &"r".into()), refused);
        assert_eq!(settled.taken(None, NOW, &"r".into()), refused);
        assert_eq!(settled.canceled(NOW, &"r".into()), refused);
        assert_eq!(settled.settle(PayoutOutcome::Paid, NOW, &"r".into()), refused);
        assert_eq!(settled.settle(failed, NOW, &"r".into()), refused);
        assert_eq!(settled.clone().into_created(), pending);
    }
}

#[test]
fn the_first_balance_transaction_is_settled_with_its_payout_and_never_by_itself() {
    let tenant = Tenant { merchant: crate::MerchantId::from_bytes([9; 16]), mode: Mode::Test };
    let first = |payout: &Payout| required_by_payout(payout)[0].booked(tenant, &LedgerTerms::default());
    let sent = payout(5).sent(NOW, NOW, &"r".into()).unwrap();
    let taken = first(&sent);
    assert_eq!((taken.version, taken.status), (1, FundsStatus::Pending));
    assert_eq!(taken.made_available(NOW.plus_ms(i64::MAX / 2)), None);
    let paid = first(&sent.settle(PayoutOutcome::Paid, NOW, &"r".into()).unwrap());
    assert_eq!((paid.version, paid.status, paid.id), (2, FundsStatus::Available, taken.id));
}

proptest! {
    /// Whatever is done with a payout, its movements sum to zero, only its own money moves, and what is not settled
    /// is in transit.
    #[test]
    fn a_payouts_money_is_in_one_place(minor in 1..=99_999_999_i64, steps in prop::collection::vec(0..4_u8, 0..6)) {
        let mut payout = payout(minor);
        for step in steps {
            let request = &"r".into();
            let next = match step {
                0 => payout.sent(NOW, NOW, request),
                1 => payout.settle(PayoutOutcome::Paid, NOW, request),
                2 => payout.settle(PayoutOutcome::Failed(PayoutFailure::NoAccount), NOW, request),
                _ => payout.canceled(NOW, request),
            };
            payout = next.unwrap_or(payout);
            let moved = moved(&payout);
            prop_assert_eq!(moved.sum(), 0);
            let taken = matches!(payout.status, PayoutStatus::Pending | PayoutStatus::InTransit);
            prop_assert_eq!(moved.in_transit, if taken { minor } else { 0 });
            prop_assert_eq!(moved.processor, if payout.status == PayoutStatus::Paid { minor } else { 0 });
            prop_assert_eq!((moved.pending, moved.disputed, moved.fees), (0, 0, 0));
        }
    }
}
