//! The keys of a merchant: found by their ids, counted, ended once.

use std::sync::Arc;

use tollgate_domain::{
    Contract, ContractLimit, ContractLimits, FrontDoor, KeyId, KeyKind, Mode, Permission, Tenant, Tier,
};
use tollgate_store::{
    ApiKey, Changed, KeyHash, KeyPlace, KeyPut, KeyQuery, LIVE_KEYS_MAX, NewApiKey, Writer,
};

use super::{NOW, bytes, open, tenant};

/// A key of a tenant, told from others by its number.
pub(crate) fn new_key(tenant: Tenant, number: u32) -> NewApiKey {
    NewApiKey {
        hash: KeyHash::of(&format!("sk_{}_{number}", tenant.mode.as_str())),
        key: ApiKey {
            id: KeyId::from_bytes(bytes(number)),
            merchant: tenant.merchant,
            mode: tenant.mode,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
            contract: Tier::Growth.into(),
            created: NOW.plus_ms(i64::from(number)),
            hint: "x".into(),
            revoked_at: None,
            expires_at: None,
        },
    }
}

/// Puts keys as releases did that kept nothing but the key itself.
async fn put_as_formerly(url: &str, all: &[NewApiKey]) {
    use tollgate_tests::dynamodb::{ask, n, s};
    let put = |new: &NewApiKey| {
        let key = &new.key;
        let digest = hex::encode(new.hash.digest());
        serde_json::json!({"PutRequest": {"Item": {
            "pk": s(&format!("KEY#{digest}")),
            "sk": s("#"),
            "gsi1pk": s(&format!("M#{}", key.merchant)),
            "gsi1sk": s(&format!("{:013}#{}", key.created.ms(), key.id)),
            "id": s(&key.id.to_string()),
            "merchant": s(&key.merchant.to_string()),
            "mode": s(key.mode.as_str()),
            "kind": s("secret"),
            "scopes": {"L": [s("payments:read")]},
            "tier": s("growth"),
            "created": n(key.created.ms()),
            "hint": s("x"),
        }}})
    };
    for some in all.chunks(25) {
        let puts: Vec<_> = some.iter().map(put).collect();
        let batch = serde_json::json!({"RequestItems": {"tollgate-keys": puts}});
        ask(url, "BatchWriteItem", &batch).await;
    }
}

async fn make(store: &Writer, new: &NewApiKey) -> KeyPut {
    store.create_key(new, NOW).await.unwrap()
}

async fn find(store: &Writer, new: &NewApiKey) -> (KeyHash, ApiKey) {
    let found = store.key_by_id(new.key.merchant, new.key.id).await.unwrap();
    found.unwrap()
}

#[tokio::test]
async fn a_key_that_was_just_made_is_found_by_its_id_and_ended_by_it() {
    let opened = open().await;
    let store = &opened.store;
    let new = new_key(tenant(1), 1);
    assert_eq!(make(store, &new).await, KeyPut::Created);
    let (hash, key) = find(store, &new).await;
    assert_eq!((&hash, &key), (&new.hash, &new.key));
    let until = |ms| NOW.plus_ms(ms);
    let expire = async |ms| store.expire_key(&hash, &key, until(ms), NOW).await.unwrap();
    assert_eq!(expire(1000).await, Changed::Done);
    assert_eq!(expire(2000).await, Changed::Missing);
    assert_eq!(find(store, &new).await.1.expires_at, Some(until(1000)));
    assert_eq!(expire(500).await, Changed::Done);
    assert_eq!(find(store, &new).await.1.expires_at, Some(until(500)));
    // What has ended does not end again.
    let late = store.expire_key(&hash, &key, until(400), until(600)).await.unwrap();
    assert_eq!(late, Changed::Missing);
    for at in [until(100), until(200)] {
        assert_eq!(store.revoke_key(&hash, &key, at).await.unwrap(), Changed::Done);
    }
    let revoked = find(store, &new).await.1;
    assert_eq!(revoked.revoked_at, Some(until(100)));
    assert_eq!(expire(50).await, Changed::Missing);
}

#[tokio::test]
async fn keys_of_earlier_releases_are_found_by_their_ids_however_many_there_are() {
    let opened = open().await;
    let store = &opened.store;
    // More than one page of the index, and more than were ever looked at.
    let all: Vec<_> = (1..=1201).map(|number| new_key(tenant(1), number)).collect();
    put_as_formerly(&opened.url, &all).await;
    let last = all.last().unwrap().clone();
    let (hash, key) = find(store, &last).await;
    assert_eq!((&hash, key.id), (&last.hash, last.key.id));
    assert_eq!(store.revoke_key(&hash, &key, NOW).await.unwrap(), Changed::Done);
    assert!(store.find_key(&hash, NOW).await.unwrap().is_none());
    let first = find(store, &new_key(tenant(1), 1)).await;
    assert_eq!(store.expire_key(&first.0, &first.1, NOW.plus_ms(1), NOW).await.unwrap(), Changed::Done);
    assert_eq!(store.all_keys(tenant(1).merchant).await.unwrap().len(), 1201);
    let set = store.set_contract(tenant(1).merchant, Tier::Starter.into()).await;
    assert_eq!(set.unwrap(), 1201);
    assert_eq!(find(store, &last).await.1.contract.tier, Tier::Starter);
    // They count: there is no room for another one.
    assert_eq!(make(store, &new_key(tenant(1), 5000)).await, KeyPut::TooMany);
    let other_mode = Tenant { mode: Mode::Live, ..tenant(1) };
    assert_eq!(make(store, &new_key(other_mode, 5000)).await, KeyPut::Created);
}

#[tokio::test]
async fn a_tenant_has_a_hundred_live_keys_even_when_requests_race() {
    let opened = open().await;
    let most = u32::try_from(LIVE_KEYS_MAX).unwrap();
    let store = &opened.store;
    for number in 0..most - 2 {
        assert_eq!(make(store, &new_key(tenant(1), number)).await, KeyPut::Created);
    }
    let racing: Vec<_> = (most..most + 6)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { make(&store, &new_key(tenant(1), number)).await })
        })
        .collect();
    let mut made = 0;
    for race in racing {
        made += u32::from(race.await.unwrap() == KeyPut::Created);
    }
    assert_eq!(made, 2);
    // Each mode has its own, and so has each merchant.
    let live = Tenant { mode: Mode::Live, ..tenant(1) };
    assert_eq!(make(store, &new_key(live, 1000)).await, KeyPut::Created);
    assert_eq!(make(store, &new_key(tenant(2), 1001)).await, KeyPut::Created);
    // One that is there already is there still, a revoked one makes room, and so does an expired one once its end has come.
    let first = new_key(tenant(1), 0);
    let again = make(store, &first).await;
    assert_eq!(again, KeyPut::Exists(Box::new(first.key.clone())));
    let (hash, key) = find(store, &first).await;
    assert_eq!(store.revoke_key(&hash, &key, NOW).await.unwrap(), Changed::Done);
    assert_eq!(make(store, &new_key(tenant(1), 2000)).await, KeyPut::Created);
    let (hash, key) = find(store, &new_key(tenant(1), 2000)).await;
    let end = NOW.plus_ms(1000);
    assert_eq!(store.expire_key(&hash, &key, end, NOW).await.unwrap(), Changed::Done);
    let next = new_key(tenant(1), 2001);
    assert_eq!(make(store, &next).await, KeyPut::TooMany);
    assert_eq!(store.create_key(&next, end).await.unwrap(), KeyPut::Created);
}

#[tokio::test]
async fn keys_are_listed_by_mode_newest_first_in_pages() {
    let opened = open().await;
    let store = &opened.store;
    let live = Tenant { mode: Mode::Live, ..tenant(1) };
    for number in 1..=5 {
        assert_eq!(make(store, &new_key(tenant(1), number)).await, KeyPut::Created);
        assert_eq!(make(store, &new_key(live, 100 + number)).await, KeyPut::Created);
    }
    let list = async |from| {
        let query = KeyQuery { tenant: tenant(1), from, limit: 2, offset: 0 };
        let page = store.list_keys(query).await.unwrap();
        let created: Vec<i64> = page.items.iter().map(|key| key.created.ms() - NOW.ms()).collect();
        (created, page.next.is_some())
    };
    let place = |number: u32| (NOW.plus_ms(i64::from(number)), KeyId::from_bytes(bytes(number)));
    let after = |number| Some(KeyPlace::After(place(number).0, place(number).1));
    let before = |number| Some(KeyPlace::Before(place(number).0, place(number).1));
    assert_eq!(list(None).await, (vec![5, 4], true));
    assert_eq!(list(after(4)).await, (vec![3, 2], true));
    assert_eq!(list(after(2)).await, (vec![1], false));
    assert_eq!(list(before(1)).await, (vec![3, 2], true));
    assert_eq!(list(before(4)).await, (vec![5], false));
}

#[tokio::test]
async fn a_contracts_limits_are_kept_on_merchant_and_keys() {
    let opened = open().await;
    let store = Arc::new(opened.store.clone());
    let new = new_key(tenant(1), 1);
    assert_eq!(make(&store, &new).await, KeyPut::Created);
    let limit = ContractLimit { requests_per_minute: 20_000, burst: Some(4000) };
    let contract = Contract {
        tier: Tier::Enterprise,
        limits: ContractLimits::default().with(FrontDoor::Intents, Some(limit)),
    };
    for contract in [contract, Tier::Sandbox.into()] {
        assert_eq!(store.set_contract(tenant(1).merchant, contract).await.unwrap(), 1);
        let metered =
            store.key_meter().meter_key(&new.hash, FrontDoor::Intents, NOW).await.unwrap().accepted();
        assert_eq!(metered.unwrap().key.contract, contract);
    }
}
