//! Payments: created once, changed in turn, listed.

use super::*;

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
