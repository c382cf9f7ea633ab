//! The ledger: what is booked moves a balance once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_domain::{
    Accounts, BalanceTransaction, BalanceTransactionId, LedgerTerms,
    ledger::{Fee, FundsStatus, TransactionKind, TransactionSource},
};
use tollgate_store::{Change, FundsAvailable, Merchant, StackTable};
use tollgate_tests::dynamodb;

use super::*;

/// A balance transaction of a payment.
pub(super) fn charge(n: u32, minor: i64, code: &str) -> BalanceTransaction {
    BalanceTransaction {
        id: BalanceTransactionId::from_bytes(bytes(n)),
        version: 1,
        kind: TransactionKind::Charge,
        source: TransactionSource::Payment(PaymentId::from_bytes(bytes(n))),
        amount: Money { minor, currency: Currency::from_code(code).unwrap() },
        fee: Fee::DEFAULT.of(minor),
        description: None,
        status: FundsStatus::Pending,
        created: NOW,
        available_on: NOW.plus_ms(1000),
        payout: None,
    }
}

async fn accounts(store: &Writer, tenant: Tenant) -> Vec<(&'static str, Accounts)> {
    let balances = store.balances(tenant).await.unwrap();
    balances.iter().map(|balance| (balance.currency.code(), balance.accounts)).collect()
}

#[tokio::test]
async fn what_is_booked_twice_moves_its_balance_once() {
    let opened = open().await;
    let store = &opened.store;
    let booked = charge(1, 1000, "EUR");
    for _ in 0..3 {
        store.book(tenant(1), &booked).await.unwrap();
    }
    let pending = Accounts { processor: -1000, pending: 941, fees: 59, ..Accounts::default() };
    assert_eq!(accounts(store, tenant(1)).await, [("EUR", pending)]);
    assert_eq!(accounts(store, tenant(2)).await, []);
    assert_eq!(due(store, DueKind::Funds, NOW).await.len(), 0);
    assert_eq!(due(store, DueKind::Funds, booked.available_on).await.len(), 1);
    let next = booked.made_available(booked.available_on).unwrap();
    for _ in 0..3 {
        store.move_booked(tenant(1), &booked, &next).await.unwrap();
    }
    let available = Accounts { pending: 0, available: 941, ..pending };
    assert_eq!(accounts(store, tenant(1)).await, [("EUR", available)]);
    assert_eq!(due(store, DueKind::Funds, booked.available_on).await.len(), 0);
    // A late repetition of the booking changes nothing either.
    store.book(tenant(1), &booked).await.unwrap();
    assert_eq!(accounts(store, tenant(1)).await, [("EUR", available)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bookings_at_once_sum_up_in_each_currency() {
    let opened = open().await;
    let store = &opened.store;
    let all: Vec<_> = (1..=120).map(|n| charge(n, i64::from(n), ["EUR", "JPY"][n as usize % 2])).collect();
    let booked = all.iter().map(|one| store.book(tenant(1), one));
    for done in join_all(booked).await {
        done.unwrap();
    }
    let sum = |code: &str| {
        let of_currency = all.iter().filter(|one| one.amount.currency.code() == code);
        of_currency.fold(Accounts::default(), |sum, one| sum.plus(one.movement()))
    };
    assert_eq!(accounts(store, tenant(1)).await, [("EUR", sum("EUR")), ("JPY", sum("JPY"))]);
    let movements: u64 = store.balances(tenant(1)).await.unwrap().iter().map(|b| b.movements).sum();
    assert_eq!(movements, 120);
    let page = store.scan_items(StackTable::Main, None, 1000).await.unwrap();
    let parts: BTreeSet<_> = page
        .items
        .iter()
        .filter(|item| item.key().ends_with("BAL"))
        .map(|item| format!("{item:?}"))
        .collect();
    assert!(parts.len() > 20, "only {} parts of 32 were written", parts.len());
}

#[tokio::test]
async fn balance_transactions_are_listed_by_their_source() {
    let opened = open().await;
    let store = &opened.store;
    for n in 1..=3 {
        store.book(tenant(1), &charge(n, 100, "EUR")).await.unwrap();
    }
    let all = store.list::<BalanceTransaction>(tenant(1), &ListQuery::new(10), None).await.unwrap();
    assert_eq!(all.items.len(), 3);
    let one = charge(2, 100, "EUR");
    let query = ListQuery::new(10).of_source(tenant(1), one.source);
    let of_source = store.list::<BalanceTransaction>(tenant(1), &query, None).await.unwrap();
    assert_eq!(of_source.items, [one]);
}

#[tokio::test]
async fn a_merchants_terms_are_the_default_ones_until_they_are_set() {
    let opened = open().await;
    let store = &opened.store;
    let merchant = Merchant {
        id: tenant(1).merchant,
        name: "A".into(),
        contract: tollgate_domain::Tier::Growth.into(),
        created: NOW,
    };
    let terms = LedgerTerms::default()
        .with_fee(Some(Currency::from_code("JPY").unwrap()), Fee::new(360, 0).unwrap())
        .with_delay(7)
        .unwrap();
    assert_eq!(store.set_ledger_terms(merchant.id, &terms).await.unwrap(), Changed::Missing);
    assert_eq!(store.ledger_terms(merchant.id).await.unwrap(), LedgerTerms::default());
    assert_eq!(store.create_merchant(&merchant).await.unwrap(), Put::Created);
    assert_eq!(store.ledger_terms(merchant.id).await.unwrap(), LedgerTerms::default());
    assert_eq!(store.set_ledger_terms(merchant.id, &terms).await.unwrap(), Changed::Done);
    assert_eq!(store.ledger_terms(merchant.id).await.unwrap(), terms);
    assert_eq!(store.get_merchant(merchant.id).await.unwrap(), Some(merchant));
}

/// The items of balance transactions, as the stream has them.
async fn images(opened: &Opened) -> Vec<Value> {
    let page = dynamodb::ask(&opened.url, "Scan", &json!({"TableName": "tollgate"})).await;
    let items = page["Items"].as_array().unwrap().iter();
    items.filter(|item| item["t"]["S"] == "BTX").cloned().collect()
}

#[tokio::test]
async fn the_stream_tells_once_that_a_charges_money_is_available() {
    let opened = open().await;
    let store = &opened.store;
    let booked = charge(1, 1000, "EUR");
    store.book(tenant(1), &booked).await.unwrap();
    let pending = images(&opened).await.remove(0);
    let next = booked.made_available(booked.available_on).unwrap();
    store.move_booked(tenant(1), &booked, &next).await.unwrap();
    let available = images(&opened).await.remove(0);
    let tells = |old: Option<&Value>, new: &Value| {
        let record = json!({"dynamodb": {"OldImage": old, "NewImage": new}});
        let funds = FundsAvailable::read(&record).unwrap();
        assert!(Change::read(&record).unwrap().is_none());
        funds.map(|funds| (funds.tenant, funds.key, funds.version))
    };
    let key = format!("{}BTX#{}", tenant(1), booked.id);
    assert_eq!(tells(None, &pending), None);
    assert_eq!(tells(Some(&pending), &available), Some((tenant(1), key.clone(), 2)));
    assert_eq!(tells(None, &available), Some((tenant(1), key, 2)));
    assert_eq!(tells(Some(&available), &available), None);
    let copied_back = json!({"restored": dynamodb::n(5), "f": available["f"]});
    let mut copied = available.clone();
    copied.as_object_mut().unwrap().extend(copied_back.as_object().unwrap().clone());
    assert_eq!(tells(None, &copied), None);

    let refund = BalanceTransaction {
        kind: TransactionKind::Refund,
        status: FundsStatus::Available,
        ..charge(2, -100, "EUR")
    };
    store.book(tenant(1), &refund).await.unwrap();
    for image in images(&opened).await {
        let is_charge = image["kind"]["S"] == "charge";
        assert_eq!(tells(None, &image).is_some(), is_charge, "{image}");
    }
    let made = store.create(tenant(1), &payment(1, Outcome::Approved, NOW)).await.unwrap();
    assert_eq!(made, Put::Created);
    let page = dynamodb::ask(&opened.url, "Scan", &json!({"TableName": "tollgate"})).await;
    let payment = page["Items"].as_array().unwrap().iter().find(|item| item["t"]["S"] == "PAY").unwrap();
    let record = json!({"dynamodb": {"NewImage": payment}});
    assert!(FundsAvailable::read(&record).unwrap().is_none() && Change::read(&record).unwrap().is_some());
}
