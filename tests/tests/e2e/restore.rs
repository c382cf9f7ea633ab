//! The tables are restored to a point in time, as `docs/operations.md` says: what was lost, what comes back, and what is sent.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tollgate_domain::{Payment, PaymentId, payment::Status};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{
    Answer, Client, Cloud, Receiver, Webhook, eventually,
    point_in_time::{count, lose, restore_to_new_tables},
    release::scan,
};

use crate::{
    checkout::{initialized, order, pay, press_at, status},
    payment,
};

/// The name of the restored tables.
const RESTORED: &str = "tollgate-restored";
const MAIN: &str = "tollgate";
const EVENTS: &str = "tollgate-events";
/// Payments before the moment, so that a restore has many parts.
const PAYMENTS_BEFORE: usize = 12;

fn admin(cloud: &Cloud, arguments: &[&str]) -> Value {
    cloud.run_admin(arguments).unwrap()
}

fn restore(cloud: &Cloud, table: &str) -> Value {
    admin(cloud, &["restore", table, "--from", RESTORED])
}

fn republish(cloud: &Cloud, since: &str) -> Value {
    admin(cloud, &["republish", "--since", since])
}

fn now() -> String {
    SystemClock.now().rfc3339()
}

/// The ids of the events that arrived, by what they say: kind, resource and its status.
fn ids_by_fact(received: &[Webhook]) -> BTreeMap<String, BTreeSet<String>> {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for webhook in received {
        let body = webhook.json();
        let object = &body["data"]["object"];
        let fact = format!("{} {} {}", body["type"], object["id"], object["status"]);
        ids.entry(fact).or_default().insert(body["id"].to_string());
    }
    ids
}

#[track_caller]
fn each_fact_has_one_id(received: &[Webhook]) {
    let doubled: Vec<_> = ids_by_fact(received).into_iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(doubled.is_empty(), "sent under several ids: {doubled:#?}");
}

/// Waits until something was told of each of these resources.
async fn told(receiver: &Receiver, kind: &str, ids: &[String]) {
    eventually(&format!("{kind} of all {}", ids.len()), || async {
        let received: Vec<Value> = receiver.received().iter().map(Webhook::json).collect();
        let is_told = |id: &String| {
            received.iter().any(|w| w["type"] == kind && w["data"]["object"]["id"] == id.as_str())
        };
        ids.iter().all(is_told).then_some(())
    })
    .await;
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

async fn pay_once(charges: &Client, key: &str) -> Answer {
    charges.post_once("/payments", key, &payment("tok_visa_4242", 1000)).await
}

/// The transactions of the processors' report.
async fn orders(cloud: &Cloud, reference: &str) -> Vec<Value> {
    let url = cloud.local(&format!("/_networks/orders?reference={reference}"));
    let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    all["data"].as_array().unwrap().clone()
}

async fn charged_once(cloud: &Cloud, reference: &str) {
    let orders = orders(cloud, reference).await;
    let counts: Vec<_> = orders.iter().map(|order| (&order["authorizations"], &order["captures"])).collect();
    assert_eq!(counts, [(&json!(1), &json!(1))], "{orders:?}");
}

/// A payment's id in `charges`, from the reference of `checkout`.
fn payment_of(reference: &str) -> String {
    PaymentId::parse_uuid(reference).unwrap().to_prefixed("pay_")
}

/// What was there at the moment to which the tables are restored.
struct Before {
    paid: Vec<String>,
    answers: Vec<Answer>,
    refunded: String,
    challenge: (String, String),
    completed: String,
    api_key: Value,
}

/// Has an idempotency record, since it takes more than one write.
async fn create_key(cloud: &Cloud) -> Answer {
    let scopes = json!({"scopes": ["payments:read"]});
    cloud.intents().post_once("/api_keys", "key-before", &scopes).await
}

async fn until_the_moment(cloud: &Cloud, receiver: &Receiver) -> Before {
    let charges = cloud.charges();
    let mut answers = Vec::new();
    for n in 0..PAYMENTS_BEFORE {
        answers.push(pay_once(&charges, &format!("before-{n}")).await);
    }
    let paid: Vec<String> = answers.iter().map(|answer| id(&answer.expect(201))).collect();
    let refund = json!({"payment_id": paid[0], "amount": 300});
    let refunded = id(&charges.post_once("/refunds", "refund-before", &refund).await.expect(201));
    let (reference, page) = initialized(cloud, &order("at-the-challenge")).await;
    let challenge = press_at(&page, "pay").await.1;
    let (completed, page) = initialized(cloud, &order("completed")).await;
    pay(&page).await;
    told(receiver, "payment.requires_action", &[payment_of(&reference)]).await;
    told(receiver, "payment.succeeded", &[&paid[..], &[payment_of(&completed)]].concat()).await;
    told(receiver, "refund.succeeded", std::slice::from_ref(&refunded)).await;
    let api_key = create_key(cloud).await.expect(201);
    Before { paid, answers, refunded, challenge: (reference, challenge), completed, api_key }
}

/// What the tables lose.
struct LastMinute {
    payment: Answer,
    refund: Answer,
    reference: String,
}

async fn last_minute(cloud: &Cloud, receiver: &Receiver, before: &Before) -> LastMinute {
    let charges = cloud.charges();
    let payment = pay_once(&charges, "last-minute").await;
    let refund = json!({"payment_id": before.paid[1], "amount": 400});
    let refund = charges.post_once("/refunds", "refund-last-minute", &refund).await;
    let (reference, page) = initialized(cloud, &order("last-minute")).await;
    pay(&page).await;
    // The payer who stood before the challenge passes it.
    press_at(&before.challenge.1, "complete").await;
    assert_eq!(status(cloud, &before.challenge.0).await["status"], "completed");
    let paid = [id(&payment.expect(201)), payment_of(&reference), payment_of(&before.challenge.0)];
    told(receiver, "payment.succeeded", &paid).await;
    told(receiver, "refund.succeeded", &[id(&refund.expect(201))]).await;
    LastMinute { payment, refund, reference }
}

/// Copies the main table back in small parts: the first run is killed, the others go on where the last one ended.
async fn restore_main_in_parts(cloud: &Cloud) {
    let parts = ["restore", "main", "--from", RESTORED, "--page-items", "3"];
    let mut killed = cloud.start_admin(&parts, "");
    eventually("a part is copied", || async { (count(cloud, MAIN).await > 5).then_some(()) }).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut next: Option<String> = None;
    let mut kept = 0;
    loop {
        let mut arguments = [&parts[..], &["--pages", "2"]].concat();
        if let Some(next) = &next {
            arguments.extend(["--after", next.as_str()]);
        }
        let done = admin(cloud, &arguments);
        kept += done["kept"].as_u64().unwrap();
        next = done["next"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    assert!(kept > 5, "what the killed run copied stays");
    let again = restore(cloud, "main");
    assert_eq!(again["written"], 0, "{again}");
}

#[tokio::test]
async fn the_last_minute_is_lost_and_what_was_missed_is_sent_once() {
    let cloud = Cloud::start_with(&[("ProcessorTimeoutMs", "300"), ("ProcessorLookUpLagMs", "0")]).await;
    let receiver = Receiver::start(&[]);
    cloud.charges_endpoint(&receiver.url).await;
    let since = now();
    let before = until_the_moment(&cloud, &receiver).await;
    let mut copy = scan(&cloud).await;
    let missed = forget_events_of(&mut copy, &before.paid[2]);
    let lost = last_minute(&cloud, &receiver, &before).await;

    let all = scan(&cloud).await;
    lose(&cloud, &[MAIN, EVENTS]).await;
    restore_to_new_tables(&cloud, &copy, RESTORED).await;
    assert_eq!(restore(&cloud, "events")["kept"], 0);
    restore_main_in_parts(&cloud).await;
    let told_before = receiver.received().len();
    let published = republish(&cloud, &since);
    assert_eq!((&published["events"], &published["left"]), (&json!(missed), &json!([])), "{published}");
    assert_eq!(
        events_in(&scan(&cloud).await, &copy),
        events_in(&all, &copy),
        "no other ids, and none is missing"
    );
    let again = republish(&cloud, &since);
    assert_eq!((&again["events"], &again["deliveries"]), (&json!(0), &json!(0)), "{again}");
    eventually("what was missed arrives", || async {
        let since = receiver.received().split_off(told_before);
        since.iter().any(|w| w.json()["data"]["object"]["id"] == before.paid[2].as_str()).then_some(())
    })
    .await;

    what_was_there_is_there(&cloud, &before).await;
    the_merchants_retries_bring_the_last_minute_back(&cloud, &receiver, &before, &lost).await;
    the_processor_knows_what_the_tables_lost(&cloud, &before, &lost).await;
    each_fact_has_one_id(&receiver.received());
}

/// Takes a payment's events and their deliveries out of a copy, as if the stream had not got to it at that moment; gives how
/// many events that were.
fn forget_events_of(copy: &mut Value, payment: &str) -> usize {
    let id = PaymentId::parse("pay_", payment).unwrap().to_string();
    let events = copy[EVENTS].as_array_mut().unwrap();
    let is_of = |item: &Value| {
        item["t"]["S"] == "EVT" && item["subject"]["M"]["payment"]["M"]["id"]["S"] == id.as_str()
    };
    let last = |item: &Value| item["pk"]["S"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    let forgotten: BTreeSet<String> = events.iter().filter(|item| is_of(item)).map(last).collect();
    assert!(!forgotten.is_empty(), "{}", events[0]);
    events.retain(|item| {
        let pk = item["pk"]["S"].as_str().unwrap();
        !forgotten.iter().any(|event| pk.contains(event.as_str()))
    });
    forgotten.len()
}

/// The ids of stored events, with their kinds, of versions that the copy's main table has.
fn events_in(tables: &Value, copy: &Value) -> BTreeSet<(String, String)> {
    let main = copy[MAIN].as_array().unwrap().iter();
    let versions: BTreeMap<&str, u64> = main
        .map(|item| {
            let version = item["version"]["N"].as_str().and_then(|version| version.parse().ok());
            (item["pk"]["S"].as_str().unwrap().rsplit('#').next().unwrap(), version.unwrap_or(0))
        })
        .collect();
    let events = tables[EVENTS].as_array().unwrap().iter().filter(|item| item["t"]["S"] == "EVT");
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
    events
        .filter(|item| {
            let subject = item["subject"]["M"].as_object().unwrap().values().next().unwrap();
            let version: u64 = subject["M"]["version"]["N"].as_str().unwrap().parse().unwrap();
            versions.get(subject["M"]["id"]["S"].as_str().unwrap()).is_some_and(|known| version <= *known)
        })
        .map(|item| (text(item, "pk"), text(item, "kind")))
        .collect()
}

async fn what_was_there_is_there(cloud: &Cloud, before: &Before) {
    let charges = cloud.charges();
    for (n, first) in before.answers.iter().enumerate() {
        let again = pay_once(&charges, &format!("before-{n}")).await;
        assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
        let shown = charges.get(&format!("/payments/{}", before.paid[n])).await.expect(200);
        assert_eq!(shown["status"], first.json()["status"]);
    }
    let again = create_key(cloud).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", before.api_key.clone()));
    let refund = charges.get(&format!("/refunds/{}", before.refunded)).await.expect(200);
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(status(cloud, &before.completed).await["status"], "completed");
    let listed = charges.get("/payments?limit=100").await.expect(200);
    assert!(listed["data"].as_array().unwrap().len() >= PAYMENTS_BEFORE);
}

/// A retry makes what was lost anew, with the same ids, and its events have the ids with which they were sent before.
async fn the_merchants_retries_bring_the_last_minute_back(
    cloud: &Cloud,
    receiver: &Receiver,
    before: &Before,
    lost: &LastMinute,
) {
    let charges = cloud.charges();
    let payment = id(&lost.payment.json());
    charges.get(&format!("/payments/{payment}")).await.expect(404);
    let sent_before = receiver.received().len();
    let again = pay_once(&charges, "last-minute").await;
    assert_eq!(id(&again.expect(201)), payment);
    let refund = json!({"payment_id": before.paid[1], "amount": 400});
    let refund = charges.post_once("/refunds", "refund-last-minute", &refund).await;
    assert_eq!(id(&refund.expect(201)), id(&lost.refund.json()));
    let paid = PaymentId::parse("pay_", &before.paid[1]).unwrap().to_string();
    let paid: Payment = cloud.store().get(cloud.demo_scope(), &paid).await.unwrap().unwrap();
    assert_eq!(paid.amount_refunded, 400, "counted once");
    eventually("both are told again, under their ids", || async {
        let since = receiver.received().split_off(sent_before);
        let has = |id: &str| since.iter().any(|w| w.json()["data"]["object"]["id"] == id);
        (has(&payment) && has(&id(&lost.refund.json()))).then_some(())
    })
    .await;
}

/// The processor's report shows what is missing, and nobody is charged twice.
async fn the_processor_knows_what_the_tables_lost(cloud: &Cloud, before: &Before, lost: &LastMinute) {
    let (challenged, challenge) = &before.challenge;
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let report = format!("{}\n{}\n\n{challenged}\n", lost.reference, before.completed);
    let looked_up = || cloud.run_admin_with_input(&["look-up-references", merchant], &report).unwrap();
    let found = looked_up();
    assert_eq!(found["missing"], json!([lost.reference]), "{found}");
    let statuses: Vec<_> =
        found["recorded"].as_array().unwrap().iter().map(|r| r["status"].clone()).collect();
    assert_eq!(statuses, ["succeeded", "requires_action"], "{found}");

    // The payer's page is still there, and the merchant sends the order again: each is charged once.
    press_at(challenge, "complete").await;
    let (reference, page) = initialized(cloud, &order("last-minute")).await;
    assert_eq!(reference, lost.reference);
    pay(&page).await;
    for reference in [challenged, &lost.reference] {
        ends_paid(cloud, reference).await;
        charged_once(cloud, reference).await;
    }
    assert_eq!(looked_up()["missing"], json!([]));
}

async fn ends_paid(cloud: &Cloud, reference: &str) {
    let id = PaymentId::parse_uuid(reference).unwrap().to_string();
    eventually(&format!("{reference} is paid"), || async {
        let payment: Payment = cloud.store().get(cloud.demo_scope(), &id).await.unwrap().unwrap();
        (payment.state.status == Status::Succeeded).then_some(())
    })
    .await;
}
