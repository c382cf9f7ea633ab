//! The check of a tenant's ledger: it finds every kind of difference, and none where there is only traffic.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, LedgerTerms, Subject,
    ledger::{FundsStatus, LedgerCheck, bookings_of, check::CONFIRM_AFTER_MS},
};
use tollgate_gateway::{FoundWork, OsEntropy, Worker};
use tollgate_tests::{
    due_work::{claim_due_work, no_queues, run_due_work},
    dynamodb::{ask, n, s},
};

use super::{ledger::charge, *};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// After everything was booked, long enough that what is missing is a difference, and before money is available.
pub(super) const LATER: Timestamp = NOW.plus_ms(10 * HOUR_MS);
/// More slices than any pass here has.
const SLICES_MAX: usize = 20;

fn worker_at(opened: &Opened, now: Timestamp) -> Worker {
    Worker::new(opened.store.clone(), None, Arc::new(SetClock(now)), Arc::new(OsEntropy))
}

async fn check_of(opened: &Opened) -> LedgerCheck {
    opened.store.get(tenant(1), LedgerCheck::KEY_ID).await.unwrap().unwrap()
}

/// Lets a pass go from its first slice to its end at this time.
pub(super) async fn pass(opened: &Opened, now: Timestamp) -> LedgerCheck {
    let begun = check_of(opened).await;
    assert!(begun.due <= now, "{begun:?}");
    for _ in 0..SLICES_MAX {
        run_due_work(&worker_at(opened, now), &no_queues()).await;
        let check = check_of(opened).await;
        if check.version > begun.version && check.reads.is_none() {
            return check;
        }
    }
    panic!("a pass does not end: {:?}", check_of(opened).await);
}

/// What two passes find alike.
async fn confirmed(opened: &Opened, now: Timestamp) -> BTreeSet<String> {
    let first = pass(opened, now).await;
    assert_eq!(first.confirmed, BTreeSet::new());
    pass(opened, now.plus_ms(CONFIRM_AFTER_MS)).await.confirmed
}

async fn book(store: &Writer, tenant: Tenant, subject: &Subject) {
    for booking in bookings_of(None, subject) {
        let booked = booking.booked(tenant, &LedgerTerms::default());
        store.book(tenant, &booked).await.unwrap();
    }
}

/// A paid and booked payment.
pub(super) async fn pay(store: &Writer, number: u32, at: Timestamp) -> Payment {
    let paid = payment(number, Outcome::Approved, at);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    book(store, tenant(1), &Subject::Payment(Box::new(paid.clone()))).await;
    paid
}

async fn give_back(store: &Writer, number: u32, paid: &Payment) {
    let back = refund(number, paid, 300, RefundOutcome::Succeeded);
    assert_eq!(store.create_refund(tenant(1), &back, paid).await.unwrap(), RefundPut::Created);
    book(store, tenant(1), &Subject::Refund(Box::new(back))).await;
}

/// Twenty payments, every fourth with a refund, and the tenant's check. Five payments' money is available.
pub(super) async fn open_shop() -> Opened {
    let opened = open().await;
    for number in 0..20 {
        let days_ago = if number < 5 { 3 } else { 0 };
        let paid = pay(&opened.store, number, NOW.plus_ms(-days_ago * 24 * HOUR_MS)).await;
        if number % 4 == 0 {
            give_back(&opened.store, number, &paid).await;
        }
    }
    assert_eq!(opened.store.create(tenant(1), &LedgerCheck::new(NOW)).await.unwrap(), Put::Created);
    opened
}

fn id_of(number: u32) -> BalanceTransactionId {
    let subject = Subject::Payment(Box::new(payment(number, Outcome::Approved, NOW)));
    bookings_of(None, &subject)[0].id(tenant(1))
}

fn key_of(number: u32) -> Value {
    json!({"pk": s(&format!("{}BTX#{}", tenant(1), id_of(number))), "sk": s("#")})
}

/// Changes an item as nobody may.
async fn tamper(opened: &Opened, key: &Value, update: &str, values: Value) {
    let names = if update.contains("#amount") { json!({"#amount": "amount"}) } else { Value::Null };
    let mut body = json!({"TableName": "tollgate", "Key": key, "UpdateExpression": update});
    body["ExpressionAttributeValues"] = values;
    if !names.is_null() {
        body["ExpressionAttributeNames"] = names;
    }
    ask(&opened.url, "UpdateItem", &body).await;
}

async fn raise_balance(opened: &Opened, account: &str, minor: i64) {
    let key = json!({"pk": s(&format!("{}BAL", tenant(1))), "sk": s("GBP#3")});
    tamper(opened, &key, &format!("ADD {account} :more"), json!({":more": n(minor)})).await;
}

#[tokio::test]
async fn books_that_agree_are_verified_in_one_pass_and_looked_at_again_a_day_later() {
    let opened = open_shop().await;
    let check = pass(&opened, LATER).await;
    assert_eq!((check.suspected.len(), check.verified), (0, Some(LATER)));
    assert_eq!(check.due, LATER.plus_ms(24 * HOUR_MS));
    assert!(check.sums.is_empty() && check.after.is_none());
    // Other tenants have books of their own.
    assert_eq!(opened.store.get::<LedgerCheck>(tenant(2), LedgerCheck::KEY_ID).await.unwrap(), None);
    // When all money is available, too.
    let check = pass(&opened, LATER.plus_ms(72 * HOUR_MS)).await;
    assert_eq!((check.suspected.len(), check.verified), (0, Some(LATER.plus_ms(72 * HOUR_MS))));
}

#[tokio::test]
async fn a_balance_that_was_changed_is_a_difference_until_it_is_corrected() {
    for account in ["available", "pending", "processor", "fees"] {
        let opened = open_shop().await;
        raise_balance(&opened, account, 5).await;
        let found = confirmed(&opened, LATER).await;
        let expected =
            format!("{account} of {} is not the sum of its transactions: +5 GBP (+0 movements)", tenant(1));
        assert_eq!(found, [expected].into());
        let correction = tollgate_domain::Accounts::default().with(account, -5);
        let currency = Currency::from_code("GBP").unwrap();
        opened.store.correct_balance(tenant(1), currency, correction).await.unwrap();
        let corrected = pass(&opened, LATER.plus_ms(2 * CONFIRM_AFTER_MS)).await;
        assert_eq!((corrected.suspected.len(), corrected.confirmed.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_balance_without_any_transaction_is_a_difference() {
    let opened = open_shop().await;
    let key = json!({"pk": s(&format!("{}BAL", tenant(1))), "sk": s("JPY#0")});
    tamper(&opened, &key, "ADD available :more", json!({":more": n(700)})).await;
    let found = confirmed(&opened, LATER).await;
    assert!(found.len() == 1 && found.first().unwrap().contains("+700 JPY"), "{found:?}");
}

#[tokio::test]
async fn a_missing_transaction_is_a_difference_of_its_payment_and_of_the_balance() {
    // One whose money is available, and one whose money is not.
    for number in [2, 12] {
        let opened = open_shop().await;
        // Money becomes available.
        pass(&opened, LATER).await;
        let item = json!({"TableName": "tollgate", "Key": key_of(number)});
        ask(&opened.url, "DeleteItem", &item).await;
        let found = confirmed(&opened, LATER.plus_ms(24 * HOUR_MS)).await;
        let missing = format!("{} (charge of", id_of(number));
        assert!(
            found.iter().any(|one| one.starts_with(&missing) && one.contains("is not booked")),
            "{found:?}"
        );
        let movements = if number == 2 { "(+2 movements)" } else { "(+1 movements)" };
        assert_eq!(found.iter().filter(|one| one.ends_with(movements)).count(), 3, "{found:?}");
    }
}

#[tokio::test]
async fn a_transaction_without_a_payment_is_a_difference() {
    for status in [FundsStatus::Pending, FundsStatus::Available] {
        let opened = open_shop().await;
        let booked = BalanceTransaction {
            status,
            available_on: NOW.plus_ms(72 * HOUR_MS),
            ..charge(900, 1000, "GBP")
        };
        opened.store.book(tenant(1), &booked).await.unwrap();
        let found = confirmed(&opened, LATER).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.first().unwrap().contains("is booked without a cause: 1000 GBP"), "{found:?}");
    }
}

#[tokio::test]
async fn a_transaction_with_a_wrong_amount_or_fee_is_a_difference() {
    for number in [2, 12] {
        let opened = open_shop().await;
        let amount = json!({":amount": {"M": {"minor": n(999), "currency": s("GBP")}}});
        tamper(&opened, &key_of(number), "SET #amount = :amount", amount).await;
        tamper(&opened, &key_of(number + 1), "SET fee = :fee", json!({":fee": n(-1)})).await;
        let found = confirmed(&opened, LATER).await;
        let is_there = |text: &str| found.iter().any(|one| one.contains(text));
        assert!(is_there("has another amount: 999, not 1000 GBP"), "{found:?}");
        assert!(is_there("has no sensible fee: -1 GBP"), "{found:?}");
        assert!(is_there("processor of"), "{found:?}");
    }
}

#[tokio::test]
async fn a_payment_or_refund_that_is_not_booked_is_a_difference_after_eight_hours() {
    let opened = open_shop().await;
    let paid = payment(500, Outcome::Approved, NOW);
    assert_eq!(opened.store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let back = refund(500, &paid, 300, RefundOutcome::Succeeded);
    assert_eq!(opened.store.create_refund(tenant(1), &back, &paid).await.unwrap(), RefundPut::Created);
    let early = pass(&opened, NOW.plus_ms(7 * HOUR_MS)).await;
    assert_eq!(early.suspected, BTreeSet::new());
    let found = confirmed(&opened, early.due).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one.contains("is not booked")), "{found:?}");
}

#[tokio::test]
async fn an_item_that_does_not_read_is_a_difference_and_hides_no_other() {
    let opened = open_shop().await;
    tamper(&opened, &key_of(3), "SET f = :f", json!({":f": n(99)})).await;
    raise_balance(&opened, "disputed", 7).await;
    let found = confirmed(&opened, LATER).await;
    assert!(found.iter().any(|one| one.ends_with("does not read")), "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("disputed of")), "{found:?}");
}

#[tokio::test]
async fn a_difference_that_one_pass_found_is_not_confirmed() {
    let opened = open_shop().await;
    raise_balance(&opened, "available", 5).await;
    assert_eq!(pass(&opened, LATER).await.suspected.len(), 1);
    raise_balance(&opened, "available", 1).await;
    let second = pass(&opened, LATER.plus_ms(CONFIRM_AFTER_MS)).await;
    assert_eq!((second.suspected.len(), second.confirmed.len()), (1, 0));
    raise_balance(&opened, "available", -6).await;
    let third = pass(&opened, LATER.plus_ms(2 * CONFIRM_AFTER_MS)).await;
    assert_eq!((third.suspected.len(), third.confirmed.len()), (0, 0));
}

/// Makes and books a payment: some are booked late, the money of some is available at once, and some are refunded.
async fn trade(store: &Writer, number: u32) {
    let at = LATER.plus_ms(-i64::from(number % 7) * 60_000);
    let paid = payment(number, Outcome::Approved, at);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let subject = Subject::Payment(Box::new(paid.clone()));
    let terms = LedgerTerms::default();
    let terms = if number.is_multiple_of(2) { terms } else { terms.without_delay() };
    let booked = bookings_of(None, &subject)[0].booked(tenant(1), &terms);
    store.book(tenant(1), &booked).await.unwrap();
    if let Some(next) = booked.made_available(LATER) {
        store.move_booked(tenant(1), &booked, &next).await.unwrap();
    }
    if number.is_multiple_of(3) {
        give_back(store, number, &paid).await;
    }
}

/// Makes a check due, whenever it would be.
pub(super) async fn hurry(opened: &Opened, now: Timestamp) {
    let check = check_of(opened).await;
    let hurried = LedgerCheck { version: check.version + 1, due: now, ..check };
    assert_eq!(opened.store.replace(tenant(1), &hurried).await.unwrap(), Replaced::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_that_go_on_meanwhile_are_no_difference() {
    let opened = open_shop().await;
    let is_over = AtomicBool::new(false);
    let traffic = async {
        let mut number = 1000;
        while !is_over.load(Ordering::Relaxed) {
            join_all((number..number + 4).map(|number| trade(&opened.store, number))).await;
            number += 4;
        }
        number
    };
    let checks = async {
        for round in 0..3 {
            let now = LATER.plus_ms(round * 60_000);
            hurry(&opened, now).await;
            let check = pass(&opened, now).await;
            assert_eq!(check.suspected, BTreeSet::new());
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (made, ()) = tokio::join!(traffic, checks);
    assert!(made > 1020, "only {made}");
    // Nothing moves any more: what was booked meanwhile agrees, and a difference is still found.
    let now = LATER.plus_ms(300_000);
    hurry(&opened, now).await;
    let check = pass(&opened, now).await;
    assert_eq!((check.suspected.len(), check.verified), (0, Some(now)));
    raise_balance(&opened, "available", -1).await;
    hurry(&opened, now).await;
    assert_eq!(confirmed(&opened, now).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_ledger_is_read_in_slices_and_a_slice_has_a_limit() {
    const COUNT: u32 = 5_200;
    let opened = open().await;
    let long_ago = NOW.plus_ms(-30 * 24 * HOUR_MS);
    for chunk in (0..COUNT).collect::<Vec<_>>().chunks(200) {
        let books = chunk.iter().map(|number| {
            let paid = payment(*number, Outcome::Approved, long_ago.plus_ms(i64::from(*number)));
            let store = &opened.store;
            async move {
                assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
                let subject = Subject::Payment(Box::new(paid));
                let terms = LedgerTerms::default().without_delay();
                let booked = bookings_of(None, &subject)[0].booked(tenant(1), &terms);
                let booked = BalanceTransaction { status: FundsStatus::Available, ..booked };
                store.book(tenant(1), &booked).await.unwrap();
            }
        });
        join_all(books).await;
    }
    assert_eq!(opened.store.create(tenant(1), &LedgerCheck::new(NOW)).await.unwrap(), Put::Created);
    let worker = worker_at(&opened, NOW).metered();
    run_due_work(&worker, &no_queues()).await;
    let slice = check_of(&opened).await;
    assert_eq!((slice.reads.as_deref(), slice.sums["GBP"].movements), (Some("transactions"), 5000));
    // The finders' looks, and: the check, five pages with their payments, the check again.
    let calls = worker.cost().operations.len();
    assert!(calls <= 7 * 64 + 2 + 5 * 11 + 2, "{calls} calls");
    // A difference is found wherever the slices end.
    raise_balance(&opened, "available", 5).await;
    let found = confirmed(&opened, NOW).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found.first().unwrap().contains("+5 GBP (+0 movements)"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_read_the_same_slice_count_it_once() {
    let opened = open_shop().await;
    for _ in 0..SLICES_MAX {
        let before = check_of(&opened).await;
        let found = claim_due_work(&worker_at(&opened, LATER)).await;
        let mut checks = found.into_iter().filter_map(|work| match work {
            FoundWork::Work(message) if message.kind == DueKind::LedgerCheck => Some(message),
            FoundWork::Work(_) | FoundWork::Attempt(_) => None,
        });
        let message = &checks.next_back().unwrap();
        let works = (0..4).map(|_| async {
            let worker = worker_at(&opened, LATER);
            worker.run_due_work(message, &no_queues()).await.unwrap();
        });
        join_all(works).await;
        let check = check_of(&opened).await;
        assert!(check.version > before.version);
        if check.reads.is_none() {
            assert_eq!((check.suspected.len(), check.verified), (0, Some(LATER)));
            return;
        }
    }
    panic!("the pass does not end");
}
