//! Indexes that lag: what eventually consistent reads show is old, and what decides is not.

use tollgate_domain::Tier;
use tollgate_store::Merchant;

use super::{keys::new_key, *};

/// Tables whose eventually consistent reads show an older state until [`Lagging::catch_up`].
struct Lagging {
    store: Writer,
    replica: Arc<Replica>,
    _embedded: Embedded,
}

impl Lagging {
    async fn open() -> Self {
        let embedded = Embedded::open().await;
        let copy =
            Replica::open(embedded.dynamodb.clone(), embedded.folder.path(), embedded.stop.subscribe());
        let replica = copy.await.unwrap();
        let faults = Arc::new(Faults::default());
        let routes = dynamodb_faults::router(&embedded.tables_url, faults, Some(replica.clone()));
        let store = store_at(&Embedded::serve(routes).await);
        Self { store, replica, _embedded: embedded }
    }

    /// The indexes show what was written before.
    fn catch_up(&self) {
        for _ in 0..2 {
            self.replica.advance().unwrap();
        }
    }
}

#[tokio::test]
async fn lists_show_an_older_version_and_reads_by_id_the_newest() {
    let lagging = Lagging::open().await;
    let store = &lagging.store;
    let waiting = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    let list = async || store.list::<Payment>(tenant(1), &ListQuery::new(5), None).await.unwrap().items;
    assert_eq!(list().await, []);
    assert_eq!(read(store, tenant(1), waiting.id).await, waiting);
    lagging.catch_up();
    assert_eq!(list().await, std::slice::from_ref(&waiting));
    let passed = waiting.apply(Command::ChallengePassed(Outcome::Approved), NOW, &"req_a".into()).unwrap();
    assert_eq!(store.replace(tenant(1), &passed).await.unwrap(), Replaced::Done);
    let ids = [waiting.id.to_string()];
    let found = store.get_many::<Payment>(tenant(1), &ids).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&passed));
    // One step of the replica is not enough: it shows the moment of the step before.
    lagging.replica.advance().unwrap();
    assert_eq!(list().await, [waiting]);
    lagging.replica.advance().unwrap();
    assert_eq!(list().await, [passed]);
}

#[tokio::test]
async fn due_work_that_an_index_still_shows_is_not_done_twice() {
    use tollgate_domain::payment::CHALLENGE_LIFETIME_MS;
    use tollgate_gateway::{OsEntropy, Worker};
    use tollgate_tests::due_work::{no_queues, run_due_work};
    let lagging = Lagging::open().await;
    let waiting = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(lagging.store.create(tenant(1), &waiting).await.unwrap(), Put::Created);
    let clock = Arc::new(SetClock(NOW.plus_ms(CHALLENGE_LIFETIME_MS)));
    let worker = Worker::new(lagging.store.clone(), None, clock, Arc::new(OsEntropy));
    // It is not found yet, then it is, and then it is found although it is done.
    assert_eq!(run_due_work(&worker, &no_queues()).await.done, 0);
    lagging.catch_up();
    assert_eq!(run_due_work(&worker, &no_queues()).await.done, 1);
    let failed = read(&lagging.store, tenant(1), waiting.id).await;
    assert_eq!(failed.state.status, Status::Failed);
    assert_eq!(run_due_work(&worker, &no_queues()).await.left, 0);
    assert_eq!(read(&lagging.store, tenant(1), waiting.id).await, failed);
}

#[tokio::test]
async fn a_contract_reaches_keys_that_the_index_does_not_show_and_the_limit_of_keys_holds() {
    let lagging = Lagging::open().await;
    let store = &lagging.store;
    let merchant =
        Merchant { id: tenant(1).merchant, name: "A".into(), contract: Tier::Growth.into(), created: NOW };
    assert_eq!(store.create_merchant(&merchant).await.unwrap(), Put::Created);
    let most = u32::try_from(tollgate_domain::access::LIVE_KEYS_MAX).unwrap();
    for number in 0..most {
        assert_eq!(store.create_key(&new_key(tenant(1), number), NOW).await.unwrap(), KeyPut::Created);
    }
    assert_eq!(store.create_key(&new_key(tenant(1), most), NOW).await.unwrap(), KeyPut::TooMany);
    assert_eq!(store.all_keys(merchant.id).await.unwrap(), []);
    let set = store.set_contract(merchant.id, Tier::Sandbox.into()).await.unwrap();
    assert_eq!(set, tollgate_domain::access::LIVE_KEYS_MAX);
    let (_, last) = store.key_by_id(merchant.id, KeyId::from_bytes(bytes(most - 1))).await.unwrap().unwrap();
    assert_eq!(last.contract, Tier::Sandbox.into());
}
