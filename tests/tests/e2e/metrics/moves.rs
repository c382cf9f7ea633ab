//! Each alarm on a metric of ours goes off when what it is about happens, and each metric moves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tollgate_domain::{
    Delivery, EndpointId, EventId, Payment, PaymentId, ProcessorTransactionId, Timestamp,
    ledger::LedgerCheck, payment::Command,
};
use tollgate_gateway::{Clock, DueKind, SystemClock, metrics};
use tollgate_store::{Put, Replaced};
use tollgate_tests::{
    Cloud, Receiver,
    dynamodb::{ask, n, s},
    eventually,
    metrics::{Alarm, Point, Query, State, Watched},
};

use super::{alarms, mark, points};
use crate::{
    checkout::{initialized, order},
    payment,
};

/// When everything was due that is far too late: in 2023.
const LONG_AGO: Timestamp = Timestamp::from_s(1_700_000_000);
/// More than half of all calls fail: most are tried again, after a wait.
const PER_MILLE: u32 = 600;

/// What makes an alarm go off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provocation {
    /// No call of DynamoDB succeeds.
    DeadTables,
    /// Most calls of DynamoDB fail at first, and a front door is asked.
    SlowTables(&'static str),
    /// Work of a kind that was due long ago and cannot be done.
    Poison(DueKind),
    /// A delivery whose message was lost yesterday, to an endpoint that answers errors.
    LostWebhook,
    /// A payment whose authorization the processor no longer shows.
    StuckPayment,
    /// A balance that is not the sum of its transactions, in a ledger that was verified long ago.
    SpoiltBooks,
}

use Provocation::{DeadTables, LostWebhook, Poison, SlowTables, SpoiltBooks, StuckPayment};

/// Every alarm on a metric of ours, and what makes it go off.
const ROWS: &[(&str, Provocation)] = &[
    ("PaymentWritesFail5Minutes", DeadTables),
    ("PaymentWritesFail1Hour", DeadTables),
    ("PaymentWritesFail", DeadTables),
    ("ChargesSlow", SlowTables("charges")),
    ("DirectSlow", SlowTables("direct")),
    ("SimpleSlow", SlowTables("simple")),
    ("CheckoutSlow", SlowTables("checkout")),
    ("IntentsSlow", SlowTables("intents")),
    ("PaymentWorkTrails", Poison(DueKind::Payment)),
    ("PaymentWorkFails", Poison(DueKind::Payment)),
    ("RefundWorkTrails", Poison(DueKind::Refund)),
    ("RefundWorkFails", Poison(DueKind::Refund)),
    ("CustomerWorkTrails", Poison(DueKind::Customer)),
    ("CustomerWorkFails", Poison(DueKind::Customer)),
    ("FundsWorkTrails", Poison(DueKind::Funds)),
    ("FundsWorkFails", Poison(DueKind::Funds)),
    ("LedgerCheckWorkTrails", Poison(DueKind::LedgerCheck)),
    ("LedgerCheckWorkFails", Poison(DueKind::LedgerCheck)),
    ("DisputeWorkTrails", Poison(DueKind::Dispute)),
    ("DisputeWorkFails", Poison(DueKind::Dispute)),
    ("PayoutWorkTrails", Poison(DueKind::Payout)),
    ("PayoutWorkFails", Poison(DueKind::Payout)),
    ("BalanceSettingsWorkTrails", Poison(DueKind::BalanceSettings)),
    ("BalanceSettingsWorkFails", Poison(DueKind::BalanceSettings)),
    ("BacklogWorkTrails", Poison(DueKind::Backlog)),
    ("BacklogWorkFails", Poison(DueKind::Backlog)),
    ("DeliveryWorkTrails", LostWebhook),
    ("WebhooksLate", LostWebhook),
    ("MoneyNeedsAttention", StuckPayment),
    ("LedgerDiffers", SpoiltBooks),
    ("LedgerUnverified", SpoiltBooks),
];

fn is_ours(alarm: &Alarm) -> bool {
    let ours =
        |query: &&Query| matches!(query, Query::Metric { namespace, .. } if namespace == metrics::NAMESPACE);
    alarm.metrics().iter().any(ours)
}

/// The alarms on metrics of ours, and those that are made of them alone.
fn ours() -> BTreeMap<String, Alarm> {
    let all: BTreeMap<String, Alarm> =
        alarms().into_iter().map(|alarm| (alarm.name.clone(), alarm)).collect();
    let of_ours = |alarm: &Alarm| match &alarm.watched {
        Watched::All(others) => others.iter().all(|other| is_ours(&all[other])),
        Watched::Series { .. } => is_ours(alarm),
    };
    all.iter()
        .filter(|(_, alarm)| of_ours(alarm))
        .map(|(name, alarm)| (name.clone(), alarm.clone()))
        .collect()
}

#[test]
fn every_alarm_on_a_metric_of_ours_has_a_row_that_makes_it_go_off() {
    let rows: BTreeSet<String> = ROWS.iter().map(|(alarm, _)| (*alarm).to_owned()).collect();
    assert_eq!(rows.len(), ROWS.len(), "an alarm has two rows");
    assert_eq!(rows, ours().into_keys().collect());
}

fn state(alarms: &BTreeMap<String, Alarm>, name: &str, points: &[Point]) -> State {
    let alarm = &alarms[name];
    let now_ms = SystemClock.now().ms();
    alarm.state(&alarm.lasting(points), now_ms, &|other| state(alarms, other, points))
}

/// Waits until all of these alarms are in a state, by what was written since a mark.
async fn wait_for(cloud: &Cloud, since: usize, names: &[&str], expected: State) {
    let alarms = ours();
    eventually(&format!("{names:?} are {expected:?}"), || async {
        let points = points(cloud, since);
        names.iter().all(|name| state(&alarms, name, &points) == expected).then_some(())
    })
    .await;
}

async fn set_faults(cloud: &Cloud, per_mille: u32) {
    let settings = json!({"per_mille": per_mille, "seed": 7, "at_most": 100_000});
    let request = reqwest::Client::new().put(cloud.local("/_dynamodb/faults")).json(&settings);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// A request to a front door that reads only.
async fn read(cloud: &Cloud, front_door: &str) {
    let path = match front_door {
        "charges" => "/health",
        "direct" => "/transactions",
        "simple" => "/payments/pay_0000000000000000000000",
        "checkout" => "/payments/00000000-0000-4000-8000-000000000000/status",
        _ => "/account",
    };
    cloud.client_of(front_door, &cloud.key()).get(path).await;
}

/// Puts an item that nobody can read into the due index, as if it had been due for long.
async fn poison(cloud: &Cloud, kind: DueKind) {
    let key = format!("{}{}#poison", cloud.demo_scope(), kind.code());
    let table = if kind == DueKind::Backlog { "tollgate-events" } else { "tollgate" };
    let item = json!({"TableName": table, "Item": {
        "pk": s(&key), "sk": s("#"), "t": s(kind.code()), "f": n(99), "version": n(1),
        "gsi3pk": s(&format!("DUE#{}#0", kind.code())), "gsi3sk": s(&format!("{:013}", LONG_AGO.ms())),
    }});
    ask(cloud.ready["dynamodb"].as_str().unwrap(), "PutItem", &item).await;
}

async fn lose_webhook(cloud: &Cloud) {
    let receiver = Receiver::start(&[500]);
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    let endpoint = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
    let endpoint = EndpointId::parse("we_", endpoint["id"].as_str().unwrap()).unwrap();
    let event = eventually("an event", || async {
        let path = "/events?type=payment_intent.succeeded";
        let events = cloud.intents().get(path).await.expect(200);
        events["data"][0]["id"].as_str().map(|id| EventId::parse("evt_", id).unwrap())
    })
    .await;
    // Of yesterday: one of long ago has expired, and is deleted.
    let yesterday = SystemClock.now().plus_ms(-24 * 60 * 60 * 1000);
    let lost = Delivery::new(event, endpoint, yesterday);
    assert_eq!(cloud.store().create(cloud.demo_scope(), &lost).await.unwrap(), Put::Created);
    receiver.wait_for(1).await;
}

/// A payment whose capture has been under way for years, by an authorization that the processor does not know.
async fn stick_payment(cloud: &Cloud) {
    let (store, tenant, now) = (cloud.store(), cloud.demo_scope(), SystemClock.now());
    let (reference, _) = initialized(cloud, &order("stuck")).await;
    let id = PaymentId::parse_uuid(&reference).unwrap().to_string();
    let made: Payment = store.get(tenant, &id).await.unwrap().unwrap();
    let authorization = ProcessorTransactionId::parse("unknown").unwrap();
    let steps = [
        Command::PayerConfirmed,
        Command::BeginCharge { ask_at: now },
        Command::Authorized { authorization, ask_at: now },
    ];
    let mut stuck = made.clone();
    for step in steps {
        stuck = stuck.apply(step, now, &"req_stuck".into()).unwrap();
    }
    stuck.version = made.version + 1;
    stuck.processor_charge.as_mut().unwrap().since = Some(LONG_AGO);
    assert_eq!(store.replace(tenant, &stuck).await.unwrap(), Replaced::Done);
}

/// Moves a balance without a transaction, and lets the check of the ledger go on until it has found that twice.
async fn spoil_books(cloud: &Cloud) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let key = json!({"pk": s(&format!("{tenant}BAL")), "sk": s("USD#0")});
    let spoilt = json!({"TableName": "tollgate", "Key": key, "UpdateExpression": "ADD available :more",
        "ExpressionAttributeValues": {":more": n(5)}});
    ask(cloud.ready["dynamodb"].as_str().unwrap(), "UpdateItem", &spoilt).await;
    eventually("the difference is found by two passes, and told", || async {
        let check: LedgerCheck = store.get(tenant, LedgerCheck::KEY_ID).await.unwrap()?;
        if check.reads.is_none() && check.due > SystemClock.now() {
            // The next pass begins now. If the worker was faster, the next look makes it due.
            let (version, due) = (check.version + 1, SystemClock.now());
            let hurried = LedgerCheck { version, due, verified: Some(LONG_AGO), ..check };
            let _ = store.replace(tenant, &hurried).await.unwrap();
        }
        let is_told = cloud.log.lock().unwrap().iter().any(|line| line.contains("+5 USD (+0 movements)"));
        is_told.then_some(())
    })
    .await;
}

async fn provoke(cloud: &Cloud, provocation: Provocation, since: usize, alarms: &[&str]) {
    match provocation {
        DeadTables => {
            set_faults(cloud, 1000).await;
            for _ in 0..2 {
                cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(500);
            }
        }
        SlowTables(front_door) => {
            set_faults(cloud, PER_MILLE).await;
            let alarms_of_ours = ours();
            eventually(&format!("{front_door} is slow"), || async {
                read(cloud, front_door).await;
                let points = points(cloud, since);
                alarms.iter().all(|name| state(&alarms_of_ours, name, &points) == State::Alarm).then_some(())
            })
            .await;
        }
        Poison(kind) => poison(cloud, kind).await,
        LostWebhook => lose_webhook(cloud).await,
        StuckPayment => stick_payment(cloud).await,
        SpoiltBooks => spoil_books(cloud).await,
    }
}

/// Uses everything once, and nothing fails: one payment is approved, one declined, one repeated.
async fn use_normally(cloud: &Cloud) {
    let charges = cloud.charges();
    charges.post_once("/payments", "k", &payment("tok_visa_4242", 1000)).await.expect(201);
    charges.post_once("/payments", "k", &payment("tok_visa_4242", 1000)).await.expect(201);
    charges.post("/payments", &payment("tok_visa_0002", 1000)).await.expect(402);
    eventually("their webhooks", || async { (cloud.inbox().await.len() >= 2).then_some(()) }).await;
}

/// Front doors are slow while their functions start: each is asked until its latest request was fast.
async fn warm_up(cloud: &Cloud) {
    let alarms = ours();
    for (name, provocation) in ROWS {
        let SlowTables(front_door) = provocation else { continue };
        eventually(&format!("{front_door} is fast"), || async {
            let since = mark(cloud);
            read(cloud, front_door).await;
            let points = points(cloud, since);
            let is_counted = points.iter().any(|point| {
                point.name == "Latency" && point.dimensions.get("Api").is_some_and(|api| api == front_door)
            });
            (is_counted && state(&alarms, name, &points) == State::Ok).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alarm_is_silent_when_all_is_well_and_goes_off_when_it_is_not_and_every_metric_moves() {
    // Metrics do not depend on the level of the log.
    let parameters = [("ProcessorLookUpLagMs", "0"), ("LogLevel", "error")];
    let cloud = Cloud::start_with_dynamodb("seed=7", &parameters).await;
    use_normally(&cloud).await;
    let others: Vec<&str> = ROWS
        .iter()
        .filter(|(_, provocation)| !matches!(provocation, SlowTables(_)))
        .map(|(alarm, _)| *alarm)
        .collect();
    wait_for(&cloud, 0, &others, State::Ok).await;
    warm_up(&cloud).await;

    let mut provocations: Vec<Provocation> = ROWS.iter().map(|(_, provocation)| *provocation).collect();
    provocations.dedup();
    for provocation in provocations {
        let rows = ROWS.iter().filter(|(_, of)| *of == provocation);
        let alarms: Vec<&str> = rows.map(|(alarm, _)| *alarm).collect();
        let since = mark(&cloud);
        provoke(&cloud, provocation, since, &alarms).await;
        set_faults(&cloud, 0).await;
        wait_for(&cloud, since, &alarms, State::Alarm).await;
        println!("{provocation:?}: {alarms:?}");
    }
    let moved: BTreeSet<String> =
        points(&cloud, 0).into_iter().filter(|point| point.value > 0.0).map(|point| point.name).collect();
    assert_eq!(moved, metrics::ALL.iter().map(|metric| metric.name.to_owned()).collect());
}
