//! Payments, refunds and deliveries.

use tollgate_domain::{
    Delivery, Dispute, DisputeId, EndpointId, Event, EventId, EventKind, Money, Subject,
    delivery::AttemptRecord,
    dispute::{DisputeReason, NewDispute},
};

use tollgate_store::DueItem;

use super::{
    super::*,
    scenario::{Effect, Scenario, scenario},
};

/// The digest of an idempotency key.
const KEY: &str = "0123456789abcdef";
/// Late enough that nothing expires while the tests run.
const LATE: Timestamp = Timestamp::from_s(4_000_000_000);

fn paid() -> Payment {
    payment(1, Outcome::Approved, NOW)
}

fn waiting() -> Payment {
    payment(1, Outcome::ChallengeRequired, NOW)
}

fn passed() -> Payment {
    waiting().apply(Command::ChallengePassed(Outcome::Approved), NOW, &"req_passed".into()).unwrap()
}

fn pending_refund() -> Refund {
    refund(1, &paid(), 600, RefundOutcome::Pending { ask_at: NOW })
}

fn failed_refund() -> Refund {
    pending_refund().settle(RefundOutcome::Failed, NOW, &"req_failed".into()).unwrap()
}

fn dispute() -> Dispute {
    let new = NewDispute {
        id: DisputeId::from_bytes(bytes(1)),
        payment: paid().id,
        amount: Money { minor: 600, ..paid().amount },
        fee: 1500,
        brand: None,
        reason: DisputeReason::Fraudulent,
        is_inquiry: false,
        evidence_due_by: LATE,
        reference: None,
    };
    Dispute::open(new, NOW, &"req_dispute".into())
}

fn event() -> Event {
    Event {
        id: EventId::from_bytes(bytes(1)),
        kind: EventKind::PaymentSucceeded,
        created: LATE,
        request: "req_1".into(),
        subject: Subject::Payment(Box::new(paid())),
        previous: None,
    }
}

fn delivery() -> Delivery {
    Delivery::new(EventId::from_bytes(bytes(1)), EndpointId::from_bytes(bytes(1)), LATE)
}

/// The entry of a payment that is due.
fn due_payment() -> DueItem {
    DueItem::unclaimed(tenant(1), format!("{}PAY#{}", tenant(1), paid().id), NOW)
}

/// What `me` claims of it.
fn my_claim() -> String {
    format!("{:013}#1#{:013}#me", LATE.ms(), NOW.ms())
}

fn attempt() -> AttemptRecord {
    AttemptRecord {
        number: 1,
        at: LATE,
        duration_ms: 5,
        status: Some(200),
        response: String::new(),
        error: None,
    }
}

async fn make<E: tollgate_store::Entity>(store: &Writer, made: &E) {
    assert!(matches!(store.create(tenant(1), made).await.unwrap(), Put::Created));
}

async fn make_refunded(store: &Writer) {
    make(store, &paid()).await;
    let put = store.create_refund(tenant(1), &pending_refund(), &paid()).await;
    assert_eq!(put.unwrap(), RefundPut::Created);
}

pub(super) fn scenarios() -> Vec<Scenario> {
    [single_items(), several_items(), keyed(), refunds(), deliveries()].concat()
}

fn single_items() -> Vec<Scenario> {
    vec![
        scenario!("create", nothing, |store| store.create(tenant(1), &paid())),
        scenario!("replace", |store| make(&store, &waiting()).await, |store| store
            .replace(tenant(1), &passed())),
        scenario!("get", |store| make(&store, &paid()).await, |store| async move {
            store.get::<Payment>(tenant(1), &paid().id.to_string()).await
        }),
        scenario!("get_by_key", |store| make(&store, &paid()).await, |store| async move {
            store.get_by_key::<Payment>(&format!("{}PAY#{}", tenant(1), paid().id)).await
        }),
        scenario!("warm_up", nothing, |store| async move {
            store.warm_up().await;
            Ok::<_, StoreError>(())
        }),
    ]
}

fn several_items() -> Vec<Scenario> {
    vec![
        scenario!(
            "get_many",
            |store| for n in 1..=7 {
                make(&store, &payment(n, Outcome::Approved, NOW)).await;
            },
            |store| async move {
                let ids: Vec<String> =
                    (1..=7).map(|n| payment(n, Outcome::Approved, NOW).id.to_string()).collect();
                let found = store.get_many::<Payment>(tenant(1), &ids).await?;
                let found: std::collections::BTreeSet<String> =
                    found.iter().map(|payment| payment.id.to_string()).collect();
                Ok(found)
            }
        ),
        scenario!(
            "list",
            |store| for n in 1..=7 {
                make(&store, &payment(n, Outcome::Approved, NOW.plus_ms(i64::from(n)))).await;
            },
            |store| async move { store.list::<Payment>(tenant(1), &ListQuery::new(5), None).await }
        ),
        scenario!("index_order", nothing, |store| async move {
            store.index_order(tenant(1), "7", paid().id, NOW).await
        }),
        scenario!(
            "list",
            |store| for n in 1..=7 {
                let payment = payment(n, Outcome::Approved, NOW.plus_ms(i64::from(n)));
                make(&store, &payment).await;
                store.index_order(tenant(1), "7", payment.id, payment.created).await.unwrap();
            },
            |store| async move {
                let of_order = ListQuery::new(5).of_order(tenant(1), "7");
                store.list::<Payment>(tenant(1), &of_order, None).await
            }
        ),
        scenario!("set_orders_indexed", nothing, |store| async move { store.set_orders_indexed().await }),
        scenario!(
            "orders_are_indexed",
            |store| store.set_orders_indexed().await.unwrap(),
            |store| async move { store.orders_are_indexed().await }
        ),
        scenario!(
            "due",
            |store| make(&store, &payment(1, Outcome::Pending { ask_at: NOW }, NOW)).await,
            |store| async move {
                let mut found = Vec::new();
                for shard in 0..store.due_shards() {
                    found.extend(store.due(DueKind::Payment, shard, NOW, None, 10).await?);
                }
                Ok(found)
            }
        ),
        scenario!(
            "claim_due",
            |store| make(&store, &payment(1, Outcome::Pending { ask_at: NOW }, NOW)).await,
            |store| async move {
                let claimed = store.claim_due(DueKind::Payment, &due_payment(), LATE, "me").await?;
                Ok(claimed.map(|claimed| (claimed.claim.clone(), claimed.read::<Payment>().unwrap())))
            }
        ),
        scenario!(
            "postpone_due",
            |store| {
                make(&store, &payment(1, Outcome::Pending { ask_at: NOW }, NOW)).await;
                let claimed = store.claim_due(DueKind::Payment, &due_payment(), LATE, "me").await.unwrap();
                assert_eq!(claimed.unwrap().claim, my_claim());
            },
            |store| async move {
                let (pk, until) = (due_payment().pk, LATE.plus_ms(1));
                store.postpone_due(DueKind::Payment, &pk, &my_claim(), until).await
            }
        ),
        scenario!("held_deliveries", |store| make(&store, &delivery().held_back(LATE)).await, |store| store
            .held_deliveries(tenant(1), delivery().endpoint, 10)),
        scenario!("scan_sealed", |store| make(&store, &paid()).await, |store| store.scan_sealed(None)),
    ]
}

fn keyed() -> Vec<Scenario> {
    vec![
        scenario!("create_payment_with_key", nothing, |store| async move {
            store.create_payment_with_key(tenant(1), &paid(), KEY).await
        }),
        scenario!("claim_payment_key", |store| make(&store, &paid()).await, |store| async move {
            store.claim_payment_key(tenant(1), KEY, paid().id).await
        }),
        scenario!(
            "payment_of_key",
            |store| store.claim_payment_key(tenant(1), KEY, paid().id).await.unwrap(),
            |store| store.payment_of_key(tenant(1), KEY)
        ),
    ]
}

fn refunds() -> Vec<Scenario> {
    vec![
        scenario!("create_refund", |store| make(&store, &paid()).await, |store| async move {
            store.create_refund(tenant(1), &pending_refund(), &paid()).await
        }),
        scenario!("settle_refund", |store| make_refunded(&store).await, |store| async move {
            store.settle_refund(tenant(1), &failed_refund()).await
        }),
        scenario!("write_dispute", |store| make(&store, &paid()).await, |store| async move {
            store.write_dispute(tenant(1), &dispute(), &paid(), 600).await
        }),
    ]
}

fn deliveries() -> Vec<Scenario> {
    vec![
        scenario!("put_attempt", |store| make(&store, &delivery()).await, |store| async move {
            store.put_attempt(tenant(1), &delivery(), &attempt(), LATE.s()).await
        }),
        scenario!(
            "list_attempts",
            |store| store.put_attempt(tenant(1), &delivery(), &attempt(), LATE.s()).await.unwrap(),
            |store| store.list_attempts(tenant(1), delivery().event, delivery().endpoint)
        ),
        scenario!("rewrite_event", |store| make(&store, &event()).await, |store| async move {
            let kept = Event { subject: Subject::Payment(Box::new(passed())), ..event() };
            store.rewrite_event(tenant(1), &kept).await
        }),
    ]
}
