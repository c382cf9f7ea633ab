//! Payouts: from the balance to a bank account, and back where they do not arrive.

use serde_json::{Value, json};
use tollgate_domain::{BalanceTransactionId, KeyKind, Mode, Payout, PayoutId, Permission};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Replaced;
use tollgate_tests::{Client, Cloud, dynamodb, eventually};

use super::balance::{booked, books_agree};
use crate::callers::{all_but, world::keep_pending};

/// Makes money available in a currency: a charge whose money needs no delay; gives what it brought, in minor units.
pub(crate) async fn fund(intents: &Client, minor: i64, currency: &str) -> i64 {
    let body = json!({"amount": minor, "currency": currency, "payment_method": "pm_card_bypassPending", "confirm": true});
    let paid = intents.post("/payment_intents", &body).await.expect(201);
    let charge = &paid["latest_charge"];
    eventually("the money is available", || async {
        let booked = booked(intents, charge).await;
        (booked["status"] == "available").then_some(booked["net"].as_i64().unwrap())
    })
    .await
}

/// Creates a bank account; gives its id.
pub(crate) async fn bank_account(cloud: &Cloud, of: &Value) -> String {
    let made = cloud.intents().post(&external_accounts(cloud).await, of).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

/// The path of the demo merchant's bank accounts.
pub(crate) async fn external_accounts(cloud: &Cloud) -> String {
    let account = cloud.intents().get("/account").await.expect(200);
    format!("/accounts/{}/external_accounts", account["id"].as_str().unwrap())
}

/// What is available in a currency.
pub(crate) async fn available(intents: &Client, currency: &str) -> i64 {
    let balance = intents.get("/balance").await.expect(200);
    let all = balance["available"].as_array().unwrap();
    all.iter().find(|one| one["currency"] == currency).map_or(0, |one| one["amount"].as_i64().unwrap())
}

/// Waits until a payout has a status; gives it. It looks into the table, since it looks more often than a merchant may
/// ask.
pub(crate) async fn reaches(cloud: &Cloud, id: &Value, status: &str) -> Value {
    let id = id.as_str().unwrap();
    let key = PayoutId::parse("po_", id).unwrap().to_string();
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    eventually(&format!("{id} is {status}"), || async {
        let payout: Option<Payout> = store.get(tenant, &key).await.unwrap();
        payout.filter(|payout| payout.status.as_str() == status)
    })
    .await;
    let shown = cloud.intents().get(&format!("/payouts/{id}")).await.expect(200);
    assert_eq!(shown["status"], status);
    shown
}

/// The types of the events about something, oldest first.
async fn told(intents: &Client, id: &Value, count: usize) -> Vec<String> {
    let path = format!("/events?limit=100&related_object={}", id.as_str().unwrap());
    eventually(&format!("{count} events of {id}"), || async {
        let page = intents.get(&path).await.expect(200);
        let events = page["data"].as_array().unwrap();
        let names = events.iter().rev().map(|event| event["type"].as_str().unwrap().to_owned());
        let names: Vec<String> = names.collect();
        (names.len() >= count).then_some(names)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_takes_its_money_at_once_and_is_paid() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let new =
        json!({"amount": 4000, "currency": "usd", "statement_descriptor": "SHOP", "metadata": {"a": "1"}});
    let payout = intents.post("/payouts", &new).await.expect(201);
    assert_eq!((&payout["status"], &payout["object"]), (&json!("pending"), &json!("payout")));
    assert_eq!(available(&intents, "usd").await, net - 4000);
    let transaction = booked(&intents, &payout["id"]).await;
    assert_eq!(transaction["id"], payout["balance_transaction"]);
    let shown =
        ["type", "amount", "fee", "net", "status", "source", "available_on"].map(|name| &transaction[name]);
    assert_eq!(
        json!(shown),
        json!(["payout", -4000, 0, -4000, "pending", payout["id"], payout["arrival_date"]])
    );
    reaches(&cloud, &payout["id"], "in_transit").await;
    let paid = reaches(&cloud, &payout["id"], "paid").await;
    assert_eq!(paid["failure_code"], Value::Null);
    assert_eq!(available(&intents, "usd").await, net - 4000);
    assert_eq!(booked(&intents, &payout["id"]).await["status"], "available");
    let names = told(&intents, &payout["id"], 4).await;
    assert_eq!(names, ["payout.created", "payout.updated", "payout.updated", "payout.paid"]);
    let all = intents.get("/balance_transactions?type=payout").await.expect(200);
    let of_it = format!("/balance_transactions?payout={}", paid["id"].as_str().unwrap());
    assert_eq!(all["data"], intents.get(&of_it).await.expect(200)["data"]);
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_payout_and_a_canceled_one_give_their_money_back() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let mut failing = Vec::new();
    for (number, code) in [("000111111116", "no_account"), ("000111111113", "account_closed")] {
        let numbers = json!({"external_account": {"object": "bank_account", "country": "US", "currency": "usd",
            "routing_number": "110000000", "account_number": number}});
        let to = bank_account(&cloud, &numbers).await;
        let new = json!({"amount": 1000, "currency": "usd", "destination": to});
        failing.push((intents.post("/payouts", &new).await.expect(201), code));
    }
    let canceled = intents.post("/payouts", &json!({"amount": 500, "currency": "usd"})).await.expect(201);
    assert_eq!(available(&intents, "usd").await, net - 2500);
    let path = format!("/payouts/{}/cancel", canceled["id"].as_str().unwrap());
    let canceled = intents.post(&path, &json!({})).await.expect(200);
    assert_eq!(canceled["status"], "canceled");
    let again = intents.post(&path, &json!({})).await;
    assert_eq!(again.status.as_u16(), 400, "{}", again.text);
    assert_eq!(available(&intents, "usd").await, net - 2000);
    assert_eq!(
        told(&intents, &canceled["id"], 3).await,
        ["payout.created", "payout.updated", "payout.canceled"]
    );
    for (payout, code) in failing {
        let failed = reaches(&cloud, &payout["id"], "failed").await;
        assert_eq!(failed["failure_code"], code);
        assert!(failed["failure_message"].as_str().unwrap().contains("account"));
        let returned = booked(&intents, &payout["id"]).await;
        assert_eq!(returned["id"], failed["failure_balance_transaction"]);
        assert_eq!(
            (&returned["type"], &returned["amount"], &returned["reporting_category"]),
            (&json!("payout_failure"), &json!(1000), &json!("payout_reversal"))
        );
        let names = told(&intents, &payout["id"], 4).await;
        assert_eq!(names, ["payout.created", "payout.updated", "payout.updated", "payout.failed"]);
    }
    assert_eq!(available(&intents, "usd").await, net);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_payouts_at_once_take_no_more_than_there_is() {
    let cloud = super::published::unlimited().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let one = net / 5 - 1;
    let new = json!({"amount": one, "currency": "usd"});
    let asked = (0..16).map(|_| intents.post("/payouts", &new));
    let answers = futures_util::future::join_all(asked).await;
    let made = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
    for refused in answers.iter().filter(|answer| answer.status.as_u16() != 201) {
        assert_eq!(refused.status.as_u16(), 400, "{}", refused.text);
        assert_eq!(refused.json()["error"]["code"], "balance_insufficient");
    }
    assert_eq!(made, 5);
    assert_eq!(available(&intents, "usd").await, net - 5 * one);
    let listed = intents.get("/payouts?limit=100").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 5);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_while_it_is_sent_is_canceled_or_sent_and_never_both() {
    let cloud = super::published::unlimited().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let mut payouts = Vec::new();
    for _ in 0..8 {
        payouts.push(intents.post("/payouts", &json!({"amount": 100, "currency": "usd"})).await.expect(201));
    }
    // From the moment at which the first one is sent.
    reaches(&cloud, &payouts[0]["id"], "in_transit").await;
    let paths: Vec<String> =
        payouts.iter().map(|payout| format!("/payouts/{}/cancel", payout["id"].as_str().unwrap())).collect();
    let nothing = json!({});
    let twice = paths.iter().chain(&paths).map(|path| intents.post(path, &nothing));
    let answers = futures_util::future::join_all(twice).await;
    let mut canceled = 0;
    for (at, payout) in payouts.iter().enumerate() {
        let told = [&answers[at], &answers[at + 8]].map(|answer| answer.status.as_u16());
        let is_canceled = told.contains(&200);
        assert!(told == [400, 400] || (is_canceled && told.contains(&400)), "{told:?}");
        reaches(&cloud, &payout["id"], if is_canceled { "canceled" } else { "paid" }).await;
        canceled += i64::from(is_canceled);
    }
    assert_eq!(available(&intents, "usd").await, net - 100 * (8 - canceled));
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_to_an_account_that_is_gone_fails_and_a_live_one_is_refused() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let accounts = external_accounts(&cloud).await;
    let to = bank_account(&cloud, &json!({"external_account": "btok_us_verified"})).await;
    let new = json!({"amount": 100, "currency": "usd"});
    let payout = intents.post("/payouts", &new).await.expect(201);
    assert_eq!(payout["destination"], to);
    intents.delete(&format!("{accounts}/{to}")).await.expect(200);
    let failed = reaches(&cloud, &payout["id"], "failed").await;
    assert_eq!(failed["failure_code"], "no_account");
    assert_eq!(available(&intents, "usd").await, net);
    let live = intents.with_key(&cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await);
    let refused = live.post("/payouts", &new).await.expect(400);
    assert_eq!(refused["error"]["code"], "payouts_not_allowed");
    let token = live.post(&accounts, &json!({"external_account": "btok_us_verified"})).await.expect(400);
    assert_eq!(token["error"]["param"], "external_account");
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_takes_payments_takes_no_money_out() {
    let cloud = Cloud::start().await;
    let seller = cloud.demo_key(Mode::Test, KeyKind::Secret, &all_but(Permission::PayoutsWrite)).await;
    let seller = cloud.intents().with_key(&seller);
    fund(&cloud.intents(), 5000, "usd").await;
    let new = json!({"amount": 100, "currency": "usd"});
    seller.post("/payouts", &new).await.expect(403);
    let accounts = external_accounts(&cloud).await;
    seller.post(&accounts, &json!({"external_account": "btok_us_verified"})).await.expect(403);
    let payout = cloud.intents().post("/payouts", &new).await.expect(201);
    let path = format!("/payouts/{}", payout["id"].as_str().unwrap());
    assert_eq!(seller.get(&path).await.expect(200)["id"], payout["id"]);
    seller.post(&format!("{path}/cancel"), &json!({})).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_pay_out_and_nothing_else_and_one_that_makes_keys_may_too() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    fund(&intents, 5000, "usd").await;
    let made = intents.post("/api_keys", &json!({"scopes": ["payouts:write"]})).await.expect(201);
    assert_eq!(made["scopes"], json!(["payouts:write"]));
    let treasurer = intents.with_key(made["secret"].as_str().unwrap());
    let new = json!({"amount": 100, "currency": "usd"});
    treasurer.post("/payouts", &new).await.expect(201);
    treasurer.post("/payment_intents", &json!({"amount": 100, "currency": "usd"})).await.expect(403);
    treasurer.post("/api_keys", &json!({})).await.expect(403);
    treasurer.get("/payouts").await.expect(403);
    // As keys could before there was a scope for it.
    let keys = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::KeysWrite]).await;
    intents.with_key(&keys).post("/payouts", &new).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_whose_worker_died_before_the_rail_answered_is_given_to_it_again() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let payout = intents.post("/payouts", &json!({"amount": 100, "currency": "usd"})).await.expect(201);
    keep_pending(&cloud, payout["id"].as_str().unwrap()).await;
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = PayoutId::parse("po_", payout["id"].as_str().unwrap()).unwrap().to_string();
    let pending: Payout = store.get(tenant, &id).await.unwrap().unwrap();
    let now = SystemClock.now();
    let sent = pending.sent(now, now, &"req_died".into()).unwrap();
    assert_eq!(store.replace(tenant, &sent).await.unwrap(), Replaced::Done);
    reaches(&cloud, &payout["id"], "paid").await;
    let names = told(&intents, &payout["id"], 4).await;
    assert_eq!(names, ["payout.created", "payout.updated", "payout.updated", "payout.paid"]);
    assert_eq!(available(&intents, "usd").await, net - 100);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_whose_balance_transaction_a_restore_lost_still_gives_its_money_back() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let net = fund(&intents, 10_000, "usd").await;
    let payout = intents.post("/payouts", &json!({"amount": 100, "currency": "usd"})).await.expect(201);
    keep_pending(&cloud, payout["id"].as_str().unwrap()).await;
    // The stream has seen it, and does not book it again.
    told(&intents, &payout["id"], 1).await;
    let id = BalanceTransactionId::parse("txn_", payout["balance_transaction"].as_str().unwrap()).unwrap();
    let tenant = cloud.demo_scope();
    for (pk, sk) in [(format!("{tenant}BTX#{id}"), "#"), (format!("{tenant}BAL"), "USD#payouts")] {
        let key = json!({"pk": dynamodb::s(&pk), "sk": dynamodb::s(sk)});
        let delete = json!({"TableName": "tollgate", "Key": key});
        dynamodb::ask(cloud.ready["dynamodb"].as_str().unwrap(), "DeleteItem", &delete).await;
    }
    assert_eq!(available(&intents, "usd").await, net);
    let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
    assert_eq!(verified["differences"].as_array().unwrap().len(), 1, "{verified}");
    let cancel = format!("/payouts/{}/cancel", payout["id"].as_str().unwrap());
    intents.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(available(&intents, "usd").await, net);
    books_agree(&cloud).await;
}
