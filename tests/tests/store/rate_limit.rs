//! The rate windows of keys and merchants, and keys that are not accepted.

use super::*;

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
    // Each front door has its own window.
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
