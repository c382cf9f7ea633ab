//! Due work: found at its time, claimed by one, done once.

use std::{collections::BTreeSet, sync::Arc};

use tollgate_domain::{
    Decline, Delivery, EndpointId, EventId, ProcessorKind,
    delivery::LOST_AFTER_MS,
    payment::CHALLENGE_LIFETIME_MS,
    processor_health::{Admission, ProcessorHealth},
    source::SealedCard,
};
use tollgate_gateway::{FoundWork, OsEntropy, Worker};
use tollgate_store::DueItem;
use tollgate_tests::due_work::{Round, claim_due_work, no_queues, run_due_work};

use super::*;

fn worker_at(opened: &Opened, now: Timestamp) -> Worker {
    Worker::new(opened.store.clone(), None, Arc::new(SetClock(now)), Arc::new(OsEntropy))
}

/// Payments that wait for their payer until a day after [`NOW`].
async fn challenged(opened: &Opened, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let waiting = payment(n, Outcome::ChallengeRequired, NOW);
        assert_eq!(opened.store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    }
}

#[tokio::test]
async fn due_work_is_found_at_its_time_and_leaves_the_index_with_the_work() {
    let opened = open().await;
    let store = &opened.store;
    let ask_at = NOW.plus_ms(5000);
    for n in 0..10 {
        let pending = payment(n, Outcome::Pending { ask_at }, NOW);
        assert_eq!(store.create(tenant(n), &pending).await.unwrap(), Put::Created);
    }
    let paid = payment(99, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    assert_eq!(due(store, DueKind::Payment, ask_at.plus_ms(-1)).await, []);
    let found = due(store, DueKind::Payment, ask_at).await;
    assert_eq!(found.len(), 10);
    let stuck: Payment = store.get_by_key(&found[0].pk).await.unwrap().unwrap();
    let settled = stuck.apply(Command::Settled(Outcome::Approved), ask_at, &"req".into()).unwrap();
    assert_eq!(store.replace(found[0].tenant, &settled).await.unwrap(), Replaced::Done);
    assert_eq!(due(store, DueKind::Payment, ask_at).await.len(), 9);
}

#[tokio::test]
async fn one_run_does_all_that_is_due_however_much_it_is() {
    // More than are read at a time from all shards together.
    const WAITING: u32 = 500;
    let opened = open().await;
    challenged(&opened, 0..WAITING).await;
    let worker = worker_at(&opened, NOW.plus_ms(CHALLENGE_LIFETIME_MS));
    assert_eq!(run_due_work(&worker, &no_queues()).await, Round { done: 500, left: 0 });
}

#[tokio::test]
async fn a_run_of_due_work_that_finds_nothing_asks_each_shard_once() {
    let opened = open().await;
    let worker = worker_at(&opened, NOW).metered();
    assert_eq!(run_due_work(&worker, &no_queues()).await, Round::default());
    let cost = worker.cost();
    let queries = DueKind::ALL.len() * usize::from(worker.store().due_shards());
    assert_eq!(cost.operations, vec!["Query"; queries]);
    let units = 0.5 * f64::from(u32::try_from(queries).unwrap());
    assert!(cost.read_units <= units && cost.write_units <= 0.0, "every minute, all day: {cost:?}");
}

#[tokio::test]
async fn a_challenge_that_nobody_answers_fails_the_payment_after_a_day() {
    let opened = open().await;
    let waiting = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(opened.store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    // Nothing that is due here is put on a queue.
    let run_at = async |now: Timestamp| run_due_work(&worker_at(&opened, now), &no_queues()).await.done;
    assert_eq!(run_at(NOW.plus_ms(CHALLENGE_LIFETIME_MS - 1)).await, 0);
    assert_eq!(run_at(NOW.plus_ms(CHALLENGE_LIFETIME_MS)).await, 1);
    let failed = read(&opened.store, tenant(1), waiting.id).await;
    assert_eq!(
        (failed.state.status, failed.state.decline),
        (Status::Failed, Some(Decline::AuthenticationExpired))
    );
    assert_eq!(run_at(NOW.plus_ms(CHALLENGE_LIFETIME_MS * 2)).await, 0);
    // A retry of the create is still told what the first was told.
    assert_eq!(failed.into_created().state, waiting.state);
}

#[tokio::test]
async fn what_one_finder_claims_no_other_finds_until_the_claim_ends() {
    let opened = open().await;
    challenged(&opened, 0..50).await;
    let now = NOW.plus_ms(CHALLENGE_LIFETIME_MS);
    let (one, other) = (worker_at(&opened, now), worker_at(&opened, now));
    let (of_one, of_other) = tokio::join!(claim_due_work(&one), claim_due_work(&other));
    let keys = |found: &[FoundWork]| -> BTreeSet<String> {
        found
            .iter()
            .map(|work| match work {
                FoundWork::Work(message) => message.pk.clone(),
                FoundWork::Attempt(message) => panic!("{message:?}"),
            })
            .collect()
    };
    let (of_one, of_other) = (keys(&of_one), keys(&of_other));
    assert_eq!(of_one.len() + of_other.len(), 50, "one of them was claimed twice or by nobody");
    assert_eq!(claim_due_work(&one).await, []);
    // The claims end, and nobody did the work: it is found again, and claimed for twice as long.
    let minutes = |n: i64| now.plus_ms(n * 60_000);
    assert_eq!(claim_due_work(&worker_at(&opened, minutes(2).plus_ms(-1))).await, []);
    assert_eq!(claim_due_work(&worker_at(&opened, minutes(2))).await.len(), 50);
    assert_eq!(claim_due_work(&worker_at(&opened, minutes(5))).await, []);
    assert_eq!(claim_due_work(&worker_at(&opened, minutes(6))).await.len(), 50);
    let ages = due(&opened.store, DueKind::Payment, minutes(60)).await;
    assert!(ages.iter().all(|item| item.since == now && item.claims == 3), "{ages:?}");
}

/// The text of an item's entry in the index.
async fn refunds_at_a_silent_processor(opened: &Opened, count: u32) {
    let health = (1..3).fold(ProcessorHealth::first_silence(ProcessorKind::Mpgs, NOW), |health, _| {
        health.after(false, false, NOW).unwrap()
    });
    assert!(matches!(health.admit(NOW), Admission::ClosedUntil(_)));
    let created = ProcessorHealth { version: 1, ..health };
    assert_eq!(opened.store.create(tenant(1), &created).await.unwrap(), Put::Created);
    for n in 0..count {
        let mut paid = payment(n, Outcome::Approved, NOW);
        paid.processor_charge = Some(tollgate_domain::ProcessorCharge::new(
            ProcessorKind::Mpgs,
            None,
            SealedCard("sealed".into()),
        ));
        let pending = refund(n, &paid, 600, RefundOutcome::Pending { ask_at: NOW });
        assert_eq!(opened.store.create(tenant(1), &paid).await.unwrap(), Put::Created);
        let put = opened.store.create_refund(tenant(1), &pending, &paid).await.unwrap();
        assert_eq!(put, RefundPut::Created);
    }
}

#[tokio::test]
async fn while_a_processor_does_not_answer_its_items_wait_and_hide_no_other() {
    // More than a page, and older than the one that can be done.
    const SILENT: u32 = 450;
    let opened = open().await;
    refunds_at_a_silent_processor(&opened, SILENT).await;
    let paid = payment(9000, Outcome::Approved, NOW);
    assert_eq!(opened.store.create(tenant(2), &paid).await.unwrap(), Put::Created);
    let young = refund(9000, &paid, 600, RefundOutcome::Pending { ask_at: NOW.plus_ms(1000) });
    let put = opened.store.create_refund(tenant(2), &young, &paid).await.unwrap();
    assert_eq!(put, RefundPut::Created);
    let now = NOW.plus_ms(2000);
    let round = run_due_work(&worker_at(&opened, now), &no_queues()).await;
    assert_eq!(round, Round { done: 1, left: 450 });
    // They were not asked about, and wait for the end of the pause, without a count of their claims.
    let later: Vec<DueItem> = due(&opened.store, DueKind::Refund, now.plus_ms(60_000)).await;
    assert_eq!(later.len(), 450);
    assert!(later.iter().all(|item| item.claims == 0 && item.since == NOW), "{:?}", later[0]);
    assert_eq!(due(&opened.store, DueKind::Refund, NOW.plus_ms(29_000)).await, []);
}

#[tokio::test]
async fn a_held_delivery_is_no_due_work_and_its_endpoints_come_in_order() {
    let opened = open().await;
    let endpoint = EndpointId::from_bytes(bytes(7));
    let made = |n: u32| Delivery::new(EventId::from_bytes(bytes(n)), endpoint, NOW.plus_ms(i64::from(n)));
    for n in [3, 1, 2] {
        let delivery = made(n);
        assert_eq!(opened.store.create(tenant(1), &delivery).await.unwrap(), Put::Created);
        let held = delivery.held_back(NOW.plus_ms(30_000));
        assert_eq!(opened.store.replace(tenant(1), &held).await.unwrap(), Replaced::Done);
    }
    assert_eq!(due(&opened.store, DueKind::Delivery, NOW.plus_ms(10 * LOST_AFTER_MS)).await, []);
    let ids = opened.store.held_deliveries(tenant(1), endpoint, 2).await.unwrap();
    let expected = [1, 2].map(|n| format!("{}#{endpoint}", made(n).event));
    assert_eq!(ids, expected);
    let released = made(1).held_back(NOW).released(NOW).unwrap();
    assert_eq!(opened.store.replace(tenant(1), &released).await.unwrap(), Replaced::Done);
    assert_eq!(opened.store.held_deliveries(tenant(1), endpoint, 9).await.unwrap().len(), 2);
    assert_eq!(due(&opened.store, DueKind::Delivery, NOW.plus_ms(LOST_AFTER_MS)).await.len(), 1);
}
