//! The store's access patterns on a real (embedded) DynamoDB with the templates' own tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod erasure;
mod formats;
mod keys;

use std::path::Path;

use tollgate_domain::{
    Currency, Customer, CustomerId, FrontDoor, KeyId, MerchantId, Metadata, Mode, Money, Payment, PaymentId,
    Refund, RefundId, Replayable, Source, Tenant, Timestamp,
    customer::Profile,
    payment::{Command, NewPayment, Outcome, Status},
    rate_limit::{BUCKET_S, BUCKETS, RateLimitStatus},
    refund::{NewRefund, RefundOutcome},
    source::{Brand, Card, Instrument},
};
use tollgate_local::{dynamodb::DynamoDb, template};
use tollgate_store::{
    AwsEnvironment, Changed, Claim, CustomerWrite, DueKind, KeyHash, KeyPut, ListQuery, Ownership, Put,
    RefundPut, Replaced, Tables, Writer,
};

const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

struct Opened {
    store: Writer,
    url: String,
    _folder: tempfile::TempDir,
    _stop: tokio::sync::watch::Sender<bool>,
}

async fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let tables = template::load(&template, &setting).unwrap().tables;
    let dynamodb = DynamoDb::open(&folder.path().join("dynamodb.db"), &tables).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    dynamodb.serve(listener, stopped);
    Opened { store: store_at(&url), url, _folder: folder, _stop: stop }
}

fn store_at(url: &str) -> Writer {
    let names =
        Tables { main: "tollgate".into(), keys: "tollgate-keys".into(), events: "tollgate-events".into() };
    Writer::open(&AwsEnvironment::emulated(url, url), names)
}

fn bytes(n: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn tenant(n: u32) -> Tenant {
    Tenant { merchant: MerchantId::from_bytes(bytes(n)), mode: Mode::Test }
}

fn payment(n: u32, outcome: Outcome, created: Timestamp) -> Payment {
    let new = NewPayment {
        id: PaymentId::from_bytes(bytes(n)),
        front_door: FrontDoor::Charges,
        request: format!("req_{n}").into(),
        amount: Money { minor: 1000, currency: Currency::from_code("GBP").unwrap() },
        source: Some(Source::Card(Card {
            brand: Brand::Visa,
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2030,
            wallet: None,
        })),
        instrument: Some(Instrument("sandbox/succeeds".into())),
        customer: None,
        description: None,
        metadata: Metadata::default(),
        fingerprint: None,
    };
    Payment::create(new, outcome, created)
}

fn refund(n: u32, of: &Payment, minor: i64, outcome: RefundOutcome) -> Refund {
    let new = NewRefund {
        id: RefundId::from_bytes(bytes(n)),
        front_door: FrontDoor::Charges,
        request: format!("req_refund_{n}").into(),
        payment: of.id,
        amount: Money { minor, ..of.amount },
        reason: None,
        metadata: Metadata::default(),
        by_processor: false,
        fingerprint: None,
    };
    Refund::create(new, outcome, NOW)
}

async fn read(store: &Writer, tenant: Tenant, id: PaymentId) -> Payment {
    store.get(tenant, &id.to_string()).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_item_is_read_back_as_it_was_written_and_by_its_own_tenant_only() {
    let opened = open().await;
    let store = &opened.store;
    let mut made = payment(1, Outcome::ChallengeRequired, NOW);
    made.metadata = Metadata::from_json(&serde_json::json!({"b": 1.5, "10": true, "é": "x"})).unwrap();
    made.customer = Some(CustomerId::from_bytes(bytes(7)));
    assert_eq!(store.create(tenant(1), &made).await.unwrap(), Put::Created);
    assert_eq!(read(store, tenant(1), made.id).await, made);
    let live = Tenant { mode: Mode::Live, ..tenant(1) };
    for other in [tenant(2), live] {
        assert_eq!(store.get::<Payment>(other, &made.id.to_string()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_second_create_finds_the_first_and_a_resent_one_finds_itself() {
    let opened = open().await;
    let store = &opened.store;
    let first = payment(1, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant(1), &first).await.unwrap(), Put::Created);
    // The SDK sends a put again when its answer was lost.
    assert_eq!(store.create(tenant(1), &first).await.unwrap(), Put::Created);
    let other = Payment { request: "req_other".into(), ..first.clone() };
    assert_eq!(store.create(tenant(1), &other).await.unwrap(), Put::Exists(first));
}

#[tokio::test]
async fn of_two_changes_of_one_version_one_wins() {
    let opened = open().await;
    let store = &opened.store;
    let made = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(store.create(tenant(1), &made).await.unwrap(), Put::Created);
    let passed = made.apply(Command::ChallengePassed(Outcome::Approved), NOW, &"req_a".into()).unwrap();
    let failed = made.apply(Command::ChallengeFailed, NOW, &"req_b".into()).unwrap();
    assert_eq!(store.replace(tenant(1), &passed).await.unwrap(), Replaced::Done);
    assert_eq!(store.replace(tenant(1), &passed).await.unwrap(), Replaced::Done, "sent again");
    assert_eq!(store.replace(tenant(1), &failed).await.unwrap(), Replaced::Conflict(Some(passed)));
}

#[tokio::test]
async fn a_refund_and_its_payment_agree_or_neither_is_written() {
    let opened = open().await;
    let store = &opened.store;
    let paid = payment(1, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let first = refund(1, &paid, 600, RefundOutcome::Succeeded);
    assert_eq!(store.create_refund(tenant(1), &first, &paid).await.unwrap(), RefundPut::Created);
    assert_eq!(
        store.create_refund(tenant(1), &first, &paid).await.unwrap(),
        RefundPut::Created,
        "sent again"
    );
    assert_eq!(read(store, tenant(1), paid.id).await.amount_refunded, 600);
    // The caller still holds the payment as it was before the first refund.
    let second = refund(2, &paid, 600, RefundOutcome::Succeeded);
    let RefundPut::PaymentChanged(Some(now)) = store.create_refund(tenant(1), &second, &paid).await.unwrap()
    else {
        panic!("the second refund does not fit")
    };
    assert_eq!(now.refundable(), 400);
    assert_eq!(store.get::<Refund>(tenant(1), &second.id.to_string()).await.unwrap(), None);
    let taken = Refund { request: "req_other".into(), ..first.clone() };
    assert_eq!(
        store.create_refund(tenant(1), &taken, &now).await.unwrap(),
        RefundPut::Exists(Box::new(first))
    );
    let nothing = payment(9, Outcome::Approved, NOW);
    let orphan = refund(3, &nothing, 1, RefundOutcome::Succeeded);
    assert_eq!(
        store.create_refund(tenant(1), &orphan, &nothing).await.unwrap(),
        RefundPut::PaymentChanged(None)
    );
}

#[tokio::test]
async fn racing_refunds_never_pass_what_was_captured() {
    let opened = open().await;
    let paid = payment(1, Outcome::Approved, NOW);
    assert_eq!(opened.store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (store, paid) = (opened.store.clone(), paid.clone());
        let refund = refund(n, &paid, 90, RefundOutcome::Succeeded);
        tasks.spawn(async move { store.create_refund(tenant(1), &refund, &paid).await.unwrap() });
    }
    let made = tasks.join_all().await.into_iter().filter(|put| *put == RefundPut::Created).count();
    assert_eq!(made, 11);
    assert_eq!(read(&opened.store, tenant(1), paid.id).await.amount_refunded, 990);
}

#[tokio::test]
async fn a_failed_refund_gives_its_amount_back_once() {
    let opened = open().await;
    let store = &opened.store;
    let paid = payment(1, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let pending = refund(1, &paid, 600, RefundOutcome::Pending { ask_at: NOW });
    assert_eq!(store.create_refund(tenant(1), &pending, &paid).await.unwrap(), RefundPut::Created);
    assert_eq!(store.due(DueKind::Refund, NOW, 10).await.unwrap().len(), 1);
    let failed = pending.settle(RefundOutcome::Failed, NOW, &"req_settle".into()).unwrap();
    assert_eq!(store.settle_refund(tenant(1), &failed).await.unwrap(), Replaced::Done);
    assert_eq!(store.settle_refund(tenant(1), &failed).await.unwrap(), Replaced::Done, "sent again");
    let late = pending.settle(RefundOutcome::Failed, NOW, &"req_late".into()).unwrap();
    assert_eq!(store.settle_refund(tenant(1), &late).await.unwrap(), Replaced::Conflict(Some(failed)));
    assert_eq!(read(store, tenant(1), paid.id).await.amount_refunded, 0);
    assert_eq!(store.due(DueKind::Refund, NOW, 10).await.unwrap(), []);
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
    assert_eq!(store.due(DueKind::Payment, ask_at.plus_ms(-1), 100).await.unwrap(), []);
    let due = store.due(DueKind::Payment, ask_at, 100).await.unwrap();
    assert_eq!(due.len(), 10);
    let stuck: Payment = store.get_by_key(&due[0].pk).await.unwrap().unwrap();
    let settled = stuck.apply(Command::Settled(Outcome::Approved), ask_at, &"req".into()).unwrap();
    assert_eq!(store.replace(due[0].tenant, &settled).await.unwrap(), Replaced::Done);
    assert_eq!(store.due(DueKind::Payment, ask_at, 100).await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_filter_that_drops_nearly_everything_still_ends_and_can_be_gone_on_from() {
    let opened = open().await;
    let store = &opened.store;
    let needle = payment(0, Outcome::ChallengeRequired, NOW);
    assert_eq!(store.create(tenant(1), &needle).await.unwrap(), Put::Created);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for n in (1..=1100).filter(|n| n % 16 == worker) {
                let made = payment(n, Outcome::Approved, NOW.plus_ms(i64::from(n)));
                assert_eq!(store.create(tenant(1), &made).await.unwrap(), Put::Created);
            }
        });
    }
    tasks.join_all().await;
    let keep = |p: &Payment| p.state.status == Status::RequiresAction;
    let mut query = ListQuery::new(5);
    let first = store.list(tenant(1), &query, Some(&keep)).await.unwrap();
    assert_eq!(first.items, []);
    query.after = Some(first.next.expect("the end was not reached"));
    let second = store.list(tenant(1), &query, Some(&keep)).await.unwrap();
    assert_eq!((second.items, second.next), (vec![needle], None));
    // Unfiltered, one page is one query.
    let metered = store.metered();
    assert_eq!(metered.list::<Payment>(tenant(1), &ListQuery::new(20), None).await.unwrap().items.len(), 20);
    assert_eq!(metered.meter().cost().operations, ["Query"]);
    // A create costs the same however much is stored, and its item is small.
    let another = payment(5000, Outcome::Approved, NOW);
    assert_eq!(metered.create(tenant(1), &another).await.unwrap(), Put::Created);
    let cost = metered.meter().cost();
    assert_eq!(
        (cost.operations.len(), cost.write_units),
        (2, 2.0),
        "one unit for the item, one for its index"
    );
}

#[tokio::test]
async fn customers_are_found_by_address_until_it_changes() {
    let opened = open().await;
    let store = &opened.store;
    let profile = |email: &str| Profile { email: Some(email.into()), ..Profile::default() };
    let id = CustomerId::from_bytes(bytes(1));
    let made = Customer::create(id, FrontDoor::Charges, "r1".into(), profile("Ann@Example.com"), None, NOW);
    assert_eq!(store.create(tenant(1), &made).await.unwrap(), Put::Created);
    let find = async |email: &str| {
        let query = ListQuery::new(5).of_email(tenant(1), email);
        store.list::<Customer>(tenant(1), &query, None).await.unwrap().items.len()
    };
    assert_eq!((find("ann@example.COM").await, find("bob@example.com").await), (1, 0));
    let changed = made.with_profile(profile("bob@example.com"), NOW, &"r2".into());
    assert_eq!(store.replace(tenant(1), &changed).await.unwrap(), Replaced::Done);
    assert_eq!((find("ann@example.com").await, find("bob@example.com").await), (0, 1));
    let erased = changed.erased(NOW, NOW, &"r3".into());
    assert_eq!(store.replace(tenant(1), &erased).await.unwrap(), Replaced::Done);
    assert_eq!(find("bob@example.com").await, 0);
    assert_eq!(store.list::<Customer>(tenant(1), &ListQuery::new(5), None).await.unwrap().items, []);
}

async fn key(store: &Writer) -> KeyHash {
    let mut new = keys::new_key(tenant(1), 1);
    new.hash = KeyHash::of("sk_test_x");
    new.key.expires_at = Some(NOW.plus_ms(3_600_000));
    assert_eq!(store.create_key(&new, NOW).await.unwrap(), KeyPut::Created);
    let again = store.create_key(&new, NOW).await.unwrap();
    assert_eq!(again, KeyPut::Exists(Box::new(new.key)));
    new.hash
}

#[tokio::test]
async fn a_key_is_counted_over_a_sliding_minute_in_one_call() {
    let opened = open().await;
    let store = &opened.store;
    let hash = key(store).await;
    let at = |s: i64| NOW.plus_ms(s * 1000);
    let used = async |s: i64| {
        let counted = store
            .key_meter()
            .meter_key(&hash, FrontDoor::Charges, at(s))
            .await
            .unwrap()
            .accepted()
            .unwrap()
            .counted;
        let rate_limit = RateLimitStatus::judge(1000, counted.counts.clone(), at(s));
        (1000 - rate_limit.remaining, counted.token)
    };
    for n in 1..=5 {
        assert_eq!(used(0).await.0, n);
    }
    assert_eq!(used(30).await.0, 6);
    let (_, token) = used(59).await;
    assert_eq!(used(61).await.0, 8, "all of the last minute");
    // The bucket of second 0 has left the window of second 75, at the latest.
    assert_eq!(used(BUCKET_S * BUCKETS + 5).await.0, 4);
    store.key_meter().give_token_back(&token).await.unwrap();
    assert_eq!(used(BUCKET_S * BUCKETS + 6).await.0, 4);
    let metered = store.metered();
    metered.key_meter().meter_key(&hash, FrontDoor::Charges, at(80)).await.unwrap().accepted().unwrap();
    assert_eq!(
        (metered.meter().cost().operations, metered.meter().cost().write_units),
        (vec!["UpdateItem"], 1.0)
    );
    // After a long rest the counters that were left behind go with the first request.
    assert_eq!(used(2000).await.0, 1);
    let later =
        store.key_meter().meter_key(&hash, FrontDoor::Charges, at(2001)).await.unwrap().accepted().unwrap();
    assert_eq!(later.counted.counts, [(tollgate_domain::rate_limit::bucket_at(at(2001)), 2)]);
    // Each front door has a window of its own.
    let other =
        store.key_meter().meter_key(&hash, FrontDoor::Simple, at(2001)).await.unwrap().accepted().unwrap();
    assert_eq!(other.counted.counts, [(tollgate_domain::rate_limit::bucket_at(at(2001)), 1)]);
}

#[tokio::test]
async fn a_merchants_keys_share_a_window_where_the_front_door_says_so() {
    let opened = open().await;
    let store = opened.store.metered();
    let hash = key(&store).await;
    let (one, other) = (tenant(1), tenant(2));
    let used = async |tenant| {
        let counted = store.key_meter().meter_merchant(tenant, FrontDoor::Checkout, NOW).await.unwrap();
        (counted.counts[0].1, counted.token)
    };
    assert_eq!(used(one).await.0, 1);
    let (count, token) = used(one).await;
    assert_eq!((count, used(other).await.0), (2, 1));
    store.key_meter().give_token_back(&token).await.unwrap();
    assert_eq!(used(one).await.0, 2);
    assert!(store.find_key(&hash, NOW).await.unwrap().is_some());
    assert!(store.find_key(&hash, NOW.plus_ms(3_600_000)).await.unwrap().is_none());
    assert!(store.find_key(&KeyHash::of("sk_test_y"), NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_a_revoked_and_an_unknown_key_are_not_accepted() {
    let opened = open().await;
    let store = &opened.store;
    let hash = key(store).await;
    assert!(
        store
            .key_meter()
            .meter_key(&KeyHash::of("sk_test_y"), FrontDoor::Charges, NOW)
            .await
            .unwrap()
            .accepted()
            .is_none()
    );
    assert!(store.key_meter().meter_key(&hash, FrontDoor::Charges, NOW).await.unwrap().accepted().is_some());
    assert!(
        store
            .key_meter()
            .meter_key(&hash, FrontDoor::Charges, NOW.plus_ms(3_600_000))
            .await
            .unwrap()
            .accepted()
            .is_none()
    );
    let id = KeyId::from_bytes(bytes(1));
    assert_eq!(store.key_by_id(tenant(2).merchant, id).await.unwrap(), None);
    let (found, key) = store.key_by_id(tenant(1).merchant, id).await.unwrap().unwrap();
    assert_eq!(store.revoke_key(&found, &key, NOW).await.unwrap(), Changed::Done);
    assert!(store.key_meter().meter_key(&hash, FrontDoor::Charges, NOW).await.unwrap().accepted().is_none());
    let listed = store.all_keys(tenant(1).merchant).await.unwrap();
    assert_eq!(listed[0].revoked_at, Some(NOW));
}

/// A clock that a test sets.
struct SetClock(Timestamp);

impl tollgate_gateway::Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.0
    }
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

fn customer(n: u32, email: &str) -> Customer {
    let profile = Profile { email: Some(email.into()), ..Profile::default() };
    let id = CustomerId::from_bytes(bytes(n));
    Customer::create(id, FrontDoor::Charges, format!("req_{n}").as_str().into(), profile, None, NOW)
}

fn claims(email: &str) -> Ownership<'_> {
    let claim = Some(Claim { email, instead_of: None });
    Ownership { claim, release: None }
}

#[tokio::test]
async fn an_address_is_owned_by_one_customer_at_a_time() {
    let opened = open().await;
    let store = &opened.store;
    let (first, second) = (customer(1, "a@x.example"), customer(2, "A@x.example"));
    let owner = async || store.address_owner(tenant(1), "a@X.example").await.unwrap();
    assert_eq!(owner().await, None);
    let made = store.write_customer(tenant(1), &first, &claims("a@x.example")).await;
    assert_eq!(made.unwrap(), CustomerWrite::Done);
    // The SDK sends it again because the first answer was lost.
    let again = store.write_customer(tenant(1), &first, &claims("a@x.example")).await;
    assert_eq!(again.unwrap(), CustomerWrite::Done);
    // Another one with the address is told of the owner, and not made; another tenant's is another address.
    let refused = store.write_customer(tenant(1), &second, &claims("A@x.example")).await;
    let owned = CustomerWrite::OwnedBy { claimed: Some(first.id), released: None };
    assert_eq!(refused.unwrap(), owned);
    assert_eq!(store.get::<Customer>(tenant(1), &second.id.to_string()).await.unwrap(), None);
    let elsewhere = store.write_customer(tenant(2), &second, &claims("a@x.example")).await;
    assert_eq!(elsewhere.unwrap(), CustomerWrite::Done);
    let made = store.write_customer(tenant(1), &second, &Ownership::default()).await;
    assert_eq!(made.unwrap(), CustomerWrite::Done);
    assert_eq!(owner().await, Some(first.id));

    // Only its owner lets go of it, together with the change that takes the address away.
    let release = Ownership { claim: None, release: Some("a@x.example") };
    let moved = second.with_profile(Profile::default(), NOW, &"req_3".into());
    let owned = CustomerWrite::OwnedBy { claimed: None, released: Some(first.id) };
    assert_eq!(store.write_customer(tenant(1), &moved, &release).await.unwrap(), owned);
    let moved = first.with_profile(Profile::default(), NOW, &"req_4".into());
    let stale = moved.with_profile(Profile::default(), NOW, &"req_5".into());
    assert!(matches!(
        store.write_customer(tenant(1), &stale, &release).await.unwrap(),
        CustomerWrite::Refused(Some(_))
    ));
    assert_eq!(owner().await, Some(first.id));
    let written = store.write_customer(tenant(1), &moved, &release).await;
    assert_eq!(written.unwrap(), CustomerWrite::Done);
    assert_eq!(owner().await, None);

    // One that owns it wrongly gives way to whoever read that.
    let claim = |instead_of| Claim { email: "a@x.example", instead_of };
    let claimed =
        |claim: Claim<'static>, id| async move { store.claim_address(tenant(1), &claim, id).await.unwrap() };
    assert_eq!(claimed(claim(None), second.id).await, None);
    assert_eq!(claimed(claim(None), second.id).await, None);
    assert_eq!(claimed(claim(None), first.id).await, Some(second.id));
    assert_eq!(claimed(claim(Some(second.id)), first.id).await, None);
    assert_eq!(owner().await, Some(first.id));
}
