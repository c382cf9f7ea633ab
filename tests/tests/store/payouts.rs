//! Payouts: they take no more than there is, and what they take is in one place.

use futures_util::future::join_all;
use tollgate_domain::{
    Accounts, BankAccountId, LedgerTerms, Payout, PayoutId, Subject, Transfer,
    ledger::{BalanceTransaction, bookings_of, required_by_payout},
    payout::{NewPayout, PayoutDestination, PayoutFailure, PayoutOutcome},
};
use tollgate_store::{Given, PayableFunds, PayoutPut, PayoutSettled};

use super::{ledger::charge, *};

/// A payout in euros.
pub(super) fn payout(n: u32, minor: i64) -> Payout {
    let new = NewPayout {
        id: PayoutId::from_bytes(bytes(n)),
        request: format!("req_payout_{n}").into(),
        amount: Money { minor, currency: euro() },
        destination: PayoutDestination::BankAccount(BankAccountId::from_bytes(bytes(9))),
        automatic: false,
        description: None,
        statement_descriptor: None,
        metadata: tollgate_domain::Metadata::default(),
        arrival_date: NOW.plus_ms(86_400_000),
        submit_at: NOW.plus_ms(5000),
        fingerprint: None,
    };
    Payout::create(new, NOW)
}

pub(super) fn euro() -> Currency {
    Currency::from_code("EUR").unwrap()
}

/// What a payout requires in the ledger.
pub(super) fn booked(payout: &Payout) -> Vec<BalanceTransaction> {
    let required = required_by_payout(payout);
    required.iter().map(|booking| booking.booked(tenant(1), &LedgerTerms::default())).collect()
}

pub(super) fn sent(payout: &Payout) -> Payout {
    payout.sent(NOW, NOW, &"req_sent".into()).unwrap()
}

pub(super) fn ended(payout: &Payout, outcome: PayoutOutcome) -> Payout {
    payout.settle(outcome, NOW, &"req_ended".into()).unwrap()
}

/// Books a charge whose money is available: 941 euro cents.
pub(super) async fn fund(store: &Writer) {
    let booked = charge(1, 1000, "EUR");
    store.book(tenant(1), &booked.made_available(booked.available_on).unwrap()).await.unwrap();
}

pub(super) async fn create(store: &Writer, payout: &Payout) -> PayoutPut {
    let funds = store.payable_funds(tenant(1), payout.amount.currency).await.unwrap();
    store.create_payout(tenant(1), payout, &booked(payout)[0], funds).await.unwrap()
}

async fn accounts(store: &Writer) -> Accounts {
    store.balances(tenant(1)).await.unwrap()[0].accounts
}

/// What is in the accounts after the charge and a movement.
fn after(available: i64, in_transit: i64, processor: i64) -> Accounts {
    Accounts {
        available: 941 + available,
        in_transit,
        processor: -1000 + processor,
        fees: 59,
        ..Accounts::default()
    }
}

#[tokio::test]
async fn a_payout_takes_its_money_with_its_creation_and_settles_once() {
    let opened = open().await;
    let store = &opened.store;
    fund(store).await;
    let payout = payout(1, 600);
    assert_eq!(create(store, &payout).await, PayoutPut::Created);
    assert_eq!(accounts(store).await, after(-600, 600, 0));
    let other = PayableFunds { available: 941, payouts_version: 0 };
    assert_eq!(
        create(store, &Payout { request: "req_other".into(), ..payout.clone() }).await,
        PayoutPut::Exists(Box::new(payout.clone()))
    );
    let second = super::payouts::payout(2, 600);
    let put = store.create_payout(tenant(1), &second, &booked(&second)[0], other).await.unwrap();
    assert_eq!(put, PayoutPut::BalanceMoved);
    assert_eq!(accounts(store).await, after(-600, 600, 0));
    let transaction: BalanceTransaction =
        store.get(tenant(1), &booked(&payout)[0].id.to_string()).await.unwrap().unwrap();
    assert_eq!(transaction, booked(&payout)[0]);
    assert_eq!(due(store, DueKind::Funds, transaction.available_on).await.len(), 0);
    assert_eq!(due(store, DueKind::Payout, NOW.plus_ms(5000)).await.len(), 1);

    let sent = sent(&payout);
    assert_eq!(store.replace(tenant(1), &sent).await.unwrap(), Replaced::Done);
    let paid = ended(&sent, PayoutOutcome::Paid);
    for _ in 0..3 {
        assert_eq!(store.settle_payout(tenant(1), &paid, &booked(&paid)).await.unwrap(), PayoutSettled::Done);
    }
    assert_eq!(accounts(store).await, after(-600, 0, 600));
    let failed = ended(&sent, PayoutOutcome::Failed(PayoutFailure::NoAccount));
    let failed = Payout { request: "req_late".into(), ..failed };
    assert_eq!(
        store.settle_payout(tenant(1), &failed, &booked(&failed)).await.unwrap(),
        PayoutSettled::Conflict(Some(Box::new(paid.clone())))
    );
    assert_eq!(accounts(store).await, after(-600, 0, 600));
    // The stream, which is late, books nothing again.
    for transaction in booked(&payout).iter().chain(&booked(&paid)) {
        store.book(tenant(1), transaction).await.unwrap();
    }
    assert_eq!(accounts(store).await, after(-600, 0, 600));
}

#[tokio::test]
async fn money_that_did_not_arrive_is_back_with_its_own_balance_transaction() {
    let opened = open().await;
    let store = &opened.store;
    fund(store).await;
    let canceled = payout(1, 300);
    assert_eq!(create(store, &canceled).await, PayoutPut::Created);
    let canceled = canceled.canceled(NOW, &"req_cancel".into()).unwrap();
    let settled = store.settle_payout(tenant(1), &canceled, &booked(&canceled)).await.unwrap();
    assert_eq!(settled, PayoutSettled::Done);
    assert_eq!(accounts(store).await, after(0, 0, 0));
    let returned: BalanceTransaction =
        store.get(tenant(1), &booked(&canceled)[1].id.to_string()).await.unwrap().unwrap();
    assert_eq!((returned.kind.as_str(), returned.amount.minor), ("payout_cancel", 300));
}

#[tokio::test]
async fn a_payout_whose_balance_transaction_is_gone_says_so_and_moves_nothing() {
    let opened = open().await;
    let store = &opened.store;
    fund(store).await;
    let sent = sent(&payout(1, 300));
    assert!(matches!(store.create(tenant(1), &payout(1, 300)).await.unwrap(), Put::Created));
    assert_eq!(store.replace(tenant(1), &sent).await.unwrap(), Replaced::Done);
    let paid = ended(&sent, PayoutOutcome::Paid);
    let settled = store.settle_payout(tenant(1), &paid, &booked(&paid)).await.unwrap();
    assert_eq!(settled, PayoutSettled::NotBooked);
    assert_eq!(accounts(store).await, after(0, 0, 0));
    // Booked as the settled payout requires it, by the stream after a restore, it is right as well.
    for transaction in booked(&paid) {
        store.book(tenant(1), &transaction).await.unwrap();
    }
    assert_eq!(accounts(store).await, after(-300, 0, 300));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_payouts_at_once_as_many_are_made_as_there_is_money() {
    let opened = open().await;
    let store = &opened.store;
    fund(store).await;
    let tried = (1..=16).map(|n| async move {
        let payout = payout(n, 200);
        loop {
            let funds = store.payable_funds(tenant(1), euro()).await.unwrap();
            if funds.available < 200 {
                return false;
            }
            let put = store.create_payout(tenant(1), &payout, &booked(&payout)[0], funds).await.unwrap();
            if put == PayoutPut::Created {
                return true;
            }
            assert_eq!(put, PayoutPut::BalanceMoved);
        }
    });
    let made = join_all(tried).await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 4);
    assert_eq!(accounts(store).await, after(-800, 800, 0));
}

/// A payout to another merchant.
pub(super) fn share(n: u32, minor: i64) -> Payout {
    let new = NewPayout {
        id: PayoutId::from_bytes(bytes(n)),
        request: format!("req_share_{n}").into(),
        amount: Money { minor, currency: euro() },
        destination: PayoutDestination::Account(tenant(2).merchant),
        automatic: false,
        description: None,
        statement_descriptor: None,
        metadata: Metadata::default(),
        arrival_date: NOW,
        submit_at: NOW,
        fingerprint: None,
    };
    Payout::create(new, NOW)
}

/// Gives a payout to the other merchant.
pub(super) async fn give(
    store: &Writer,
    payout: &Payout,
    funds: PayableFunds,
) -> Result<PayoutPut, StoreError> {
    let transfer = Transfer::of(tenant(1), payout);
    let subject = Subject::Transfer(Box::new(transfer.clone()));
    let received = bookings_of(None, &subject)[0].booked(tenant(2), &LedgerTerms::default());
    let given = Given { to: tenant(2), transfer: &transfer, booked: &received };
    store.create_payout_to_merchant(tenant(1), payout, &booked(payout)[0], funds, given).await
}

#[tokio::test]
async fn a_payout_to_another_merchant_moves_both_balances_or_none() {
    let opened = open().await;
    let store = &opened.store;
    fund(store).await;
    let payout = share(1, 600);
    assert_eq!((payout.status.as_str(), payout.due, payout.settled), ("paid", None, Some(NOW)));
    let funds = store.payable_funds(tenant(1), euro()).await.unwrap();
    assert_eq!(give(store, &payout, funds).await.unwrap(), PayoutPut::Created);
    let theirs = async || store.balances(tenant(2)).await.unwrap()[0].accounts;
    let expected = Accounts { available: 600, processor: -600, ..Accounts::default() };
    assert_eq!((accounts(store).await, theirs().await), (after(-600, 0, 600), expected));
    // The same request again, another one with its id, and one that read the balance before.
    assert_eq!(give(store, &payout, funds).await.unwrap(), PayoutPut::Created);
    let other = Payout { request: "req_other".into(), ..payout.clone() };
    assert_eq!(give(store, &other, funds).await.unwrap(), PayoutPut::Exists(Box::new(payout.clone())));
    assert_eq!(give(store, &share(2, 600), funds).await.unwrap(), PayoutPut::BalanceMoved);
    assert_eq!((accounts(store).await, theirs().await), (after(-600, 0, 600), expected));
    // The streams of both, which are late, book nothing again.
    let transfer = Transfer::of(tenant(1), &payout);
    let stored: Option<Transfer> = store.get(tenant(2), &transfer.id.to_string()).await.unwrap();
    assert_eq!(stored, Some(transfer.clone()));
    let subject = Subject::Transfer(Box::new(transfer));
    for booking in bookings_of(None, &subject) {
        store.book(tenant(2), &booking.booked(tenant(2), &LedgerTerms::default())).await.unwrap();
    }
    for transaction in booked(&payout) {
        store.book(tenant(1), &transaction).await.unwrap();
    }
    assert_eq!((accounts(store).await, theirs().await), (after(-600, 0, 600), expected));
}
