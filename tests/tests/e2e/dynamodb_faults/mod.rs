//! Every front door over a DynamoDB that throttles, conflicts, fails, loses answers and shows old lists.

mod clients;
mod doors;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_domain::{Customer, Payment, PaymentId, Refund, payment::Status, refund::RefundStatus};
use tollgate_store::{Entity, ListQuery};
use tollgate_tests::{Client, Cloud, Receiver, eventually};

use self::doors::{Done, check_shape, doors};

/// How often each front door is gone through.
const ROUNDS: usize = 3;
/// More than half of all calls fail, so that some calls fail at each of their tries.
const PER_MILLE: u32 = 550;
/// What was sent to a processor and not recorded is asked about after four seconds, not half a minute.
const HASTY: &[(&str, &str)] = &[("ProcessorTimeoutMs", "1000"), ("ProcessorLookUpLagMs", "0")];
/// The amount of each refund, in minor units.
const REFUNDED: i64 = 400;

/// The seed: that of `TOLLGATE_FAULTS_SEED`, a new one where that is `random`, or always the same.
fn seed() -> u64 {
    match std::env::var("TOLLGATE_FAULTS_SEED").as_deref() {
        Err(_) => 20_261_122,
        Ok("random") => u64::from(std::process::id()) * 2_654_435_761,
        Ok(text) => text.parse().expect("TOLLGATE_FAULTS_SEED is a number or `random`"),
    }
}

async fn set_faults(cloud: &Cloud, per_mille: u32, seed: u64) {
    let settings = json!({"per_mille": per_mille, "seed": seed, "at_most": 100_000});
    let url = cloud.local("/_dynamodb/faults");
    let answer = reqwest::Client::new().put(url).json(&settings).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn all<E: Entity>(cloud: &Cloud) -> Vec<E> {
    let query = ListQuery::new(1000);
    cloud.store().list::<E>(cloud.demo_scope(), &query, None).await.unwrap().items
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_dynamodb_does_each_keyed_request_takes_effect_once() {
    let seed = seed();
    println!("TOLLGATE_FAULTS_SEED={seed}");
    let cloud = Cloud::start_with_dynamodb(&format!("seed={seed},lag-ms=200"), HASTY).await;
    let receiver = Receiver::start(&[]);
    cloud.charges_endpoint(&receiver.url).await;
    eventually("the index shows the endpoint", || async {
        let listed = cloud.intents().get("/webhook_endpoints").await.expect(200);
        listed.to_string().contains(&receiver.url).then_some(())
    })
    .await;
    set_faults(&cloud, PER_MILLE, seed).await;
    let doors = doors(&cloud);
    let rounds = (0..ROUNDS).flat_map(|round| doors.iter().map(move |door| door.go_through(round)));
    let done: Vec<Done> = join_all(rounds).await;
    let faults: Value = reqwest::get(cloud.local("/_dynamodb/faults")).await.unwrap().json().await.unwrap();
    set_faults(&cloud, 0, seed).await;
    println!("{faults}");
    let kinds = faults["struck"].as_object().unwrap().len();
    assert!(kinds >= 8, "many kinds of faults: {faults}");

    ledger_agrees(&cloud, &done).await;
    balances_agree(&cloud).await;
    processors_agree(&cloud, &done).await;
    events_were_told_once(&receiver, &done).await;
    for done in &done {
        done.repeat().await;
    }
    assert_eq!(all::<Payment>(&cloud).await.len(), done.iter().map(|done| done.payments).sum::<usize>());
}

/// Each payment is there once, decided and refunded once, and there is no other.
async fn ledger_agrees(cloud: &Cloud, done: &[Done]) {
    for done in done {
        let paid: Payment = eventually(&format!("{} is decided", done.paid), || async {
            let paid: Option<Payment> =
                cloud.store().get(cloud.demo_scope(), &done.paid.to_string()).await.unwrap();
            paid.filter(|paid| paid.state.status == Status::Succeeded)
        })
        .await;
        assert_eq!(paid.amount_refunded, REFUNDED, "{paid:?}");
        let query = ListQuery::new(10).of_payment(cloud.demo_scope(), paid.id);
        let statuses = eventually(&format!("the refund of {} is decided", done.paid), || async {
            let refunds = cloud.store().list::<Refund>(cloud.demo_scope(), &query, None).await.unwrap().items;
            let statuses: Vec<RefundStatus> = refunds.iter().map(|refund| refund.status).collect();
            (!statuses.contains(&RefundStatus::Pending)).then_some(statuses)
        })
        .await;
        assert_eq!(statuses, [RefundStatus::Succeeded], "{paid:?}");
    }
    let payments: Vec<Payment> = all(cloud).await;
    assert_eq!(payments.len(), done.iter().map(|done| done.payments).sum::<usize>());
    let undecided =
        payments.iter().filter(|paid| !matches!(paid.state.status, Status::Succeeded | Status::Canceled));
    assert_eq!(undecided.count(), 0);
    assert_eq!(all::<Customer>(cloud).await.len(), done.iter().map(|done| done.customers).sum::<usize>());
}

/// Every payment and refund is booked once, and the balances are the sums.
async fn balances_agree(cloud: &Cloud) {
    eventually("every change is booked", || async {
        let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
        (verified["differences"] == serde_json::json!([])).then_some(())
    })
    .await;
    let check = cloud.check_ledger(cloud.demo_scope()).await;
    assert!(check.suspected.is_empty() && check.confirmed.is_empty(), "{check:?}");
}

/// The processors charged and refunded once.
async fn processors_agree(cloud: &Cloud, done: &[Done]) {
    for reference in done.iter().filter_map(|done| done.reference.as_ref()) {
        let url = cloud.local(&format!("/_networks/orders?reference={reference}"));
        let orders: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let orders = orders["data"].as_array().unwrap();
        assert_eq!(orders.len(), 1, "{orders:?}");
        let count = |name: &str| orders[0][name].as_i64().unwrap();
        assert_eq!((count("authorizations"), count("captures"), count("voids")), (1, 1, 0), "{orders:?}");
        assert_eq!(count("refunded"), REFUNDED, "{orders:?}");
    }
}

/// Of each payment the receiver heard that it succeeded, as one event, however often it was delivered.
async fn events_were_told_once(receiver: &Receiver, done: &[Done]) {
    for done in done {
        let id = done.paid.to_prefixed("pay_");
        let heard: BTreeSet<String> = eventually(&format!("the event of {id}"), || async {
            let heard = receiver.received().into_iter().map(|webhook| webhook.json());
            let heard = heard.filter(|event| {
                event["type"] == "payment.succeeded" && event["data"]["object"]["id"] == id.as_str()
            });
            let heard: BTreeSet<String> = heard.map(|event| event["id"].to_string()).collect();
            (!heard.is_empty()).then_some(heard)
        })
        .await;
        assert_eq!(heard.len(), 1, "{id}: {heard:?}");
    }
}

#[tokio::test]
async fn a_dynamodb_that_answers_nothing_is_told_in_each_front_doors_own_shape() {
    let cloud = Cloud::start_with_dynamodb("per-mille=1000,seed=3", &[]).await;
    for door in doors(&cloud) {
        for (method, path, body) in door.requests() {
            let request = door.client.request(method, path).header("Idempotency-Key", "k").json(&body);
            let began = std::time::Instant::now();
            let answer = Client::send(request).await;
            let took = began.elapsed();
            assert!(answer.status.is_server_error(), "{}{path}: {}", door.name, answer.text);
            check_shape(door.name, &answer);
            // Its function did not time out, which would be API Gateway's answer.
            assert!(took < std::time::Duration::from_secs(10), "{}{path}: {took:?}", door.name);
        }
    }
    set_faults(&cloud, 0, 0).await;
    // Nothing that was answered so had an effect that a retry meets.
    for door in doors(&cloud) {
        door.go_through(0).await;
    }
}

/// A payment's id of any front door.
fn payment_id(shown: &Value) -> PaymentId {
    let text = shown.as_str().unwrap();
    let bare = text.split_once('_').map_or(text, |(_, bare)| bare);
    bare.parse().or_else(|_| PaymentId::parse_uuid(text)).unwrap()
}
