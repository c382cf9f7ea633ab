//! Due work: found at its time, done once.

use super::*;

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
    assert_eq!(store.due(DueKind::Payment, ask_at.plus_ms(-1), 100).await.unwrap(), []);
    let due = store.due(DueKind::Payment, ask_at, 100).await.unwrap();
    assert_eq!(due.len(), 10);
    let stuck: Payment = store.get_by_key(&due[0].pk).await.unwrap().unwrap();
    let settled = stuck.apply(Command::Settled(Outcome::Approved), ask_at, &"req".into()).unwrap();
    assert_eq!(store.replace(due[0].tenant, &settled).await.unwrap(), Replaced::Done);
    assert_eq!(store.due(DueKind::Payment, ask_at, 100).await.unwrap().len(), 9);
}

#[tokio::test]
async fn one_run_does_all_that_is_due_however_much_it_is() {
    use tollgate_domain::payment::CHALLENGE_LIFETIME_MS;
    use tollgate_gateway::{OsEntropy, Queue, Worker};
    // More than are read at a time from all shards together.
    const WAITING: u32 = 500;
    let opened = open().await;
    for n in 0..WAITING {
        let waiting = payment(n, Outcome::ChallengeRequired, NOW);
        assert_eq!(opened.store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    }
    let nowhere = AwsEnvironment::emulated("http://127.0.0.1:9", "http://127.0.0.1:9");
    let clock = std::sync::Arc::new(SetClock(NOW.plus_ms(CHALLENGE_LIFETIME_MS)));
    let worker = Worker::new(opened.store.clone(), None, clock, std::sync::Arc::new(OsEntropy));
    let report = worker.run_due_work(&Queue::open(&nowhere, "unused")).await.unwrap();
    assert_eq!((report.done, report.failed), (500, 0));
}

#[tokio::test]
async fn a_run_of_due_work_that_finds_nothing_asks_each_shard_once() {
    use tollgate_gateway::{OsEntropy, Queue, Worker};
    let opened = open().await;
    let nowhere = AwsEnvironment::emulated("http://127.0.0.1:9", "http://127.0.0.1:9");
    let clock = std::sync::Arc::new(SetClock(NOW));
    let worker = Worker::new(opened.store.clone(), None, clock, std::sync::Arc::new(OsEntropy)).metered();
    let report = worker.run_due_work(&Queue::open(&nowhere, "unused")).await.unwrap();
    assert_eq!((report.done, report.failed), (0, 0));
    let cost = worker.cost();
    let queries = DueKind::ALL.len() * 4;
    assert_eq!(cost.operations, vec!["Query"; queries]);
    let units = 0.5 * f64::from(u32::try_from(queries).unwrap());
    assert!(cost.read_units <= units && cost.write_units <= 0.0, "every minute, all day: {cost:?}");
}

#[tokio::test]
async fn a_challenge_that_nobody_answers_fails_the_payment_after_a_day() {
    use tollgate_domain::{Decline, payment::CHALLENGE_LIFETIME_MS};
    use tollgate_gateway::{OsEntropy, Queue, Worker};
    let opened = open().await;
    let waiting = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(opened.store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    // Nothing that is due here is put on the queue.
    let queue = Queue::open(&AwsEnvironment::emulated("http://127.0.0.1:9", "http://127.0.0.1:9"), "unused");
    let run_at = async |now: Timestamp| {
        let clock = std::sync::Arc::new(SetClock(now));
        let worker = Worker::new(opened.store.clone(), None, clock, std::sync::Arc::new(OsEntropy));
        worker.run_due_work(&queue).await.unwrap().done
    };
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
