//! API keys and the windows of rate limits.

use std::sync::OnceLock;

use tollgate_domain::{Permission, Tier};
use tollgate_store::{ApiKey, KeyQuery, NewApiKey, StackTable, StoredPage, Token};

use super::{
    super::{keys::new_key, *},
    scenario::{Effect, Scenario, scenario},
};

fn new() -> NewApiKey {
    new_key(tenant(1), 1)
}

async fn make(store: &Writer) {
    for n in 1..=2 {
        assert_eq!(store.create_key(&new_key(tenant(1), n), NOW).await.unwrap(), KeyPut::Created);
    }
}

fn soon() -> Timestamp {
    NOW.plus_ms(1000)
}

/// The token of a request that was counted.
static TOKEN: OnceLock<Token> = OnceLock::new();

/// Counts three requests with one key.
async fn count(store: &Writer) {
    make(store).await;
    for _ in 0..3 {
        let met = store.key_meter().meter_key(&new().hash, FrontDoor::Charges, NOW).await.unwrap();
        TOKEN.get_or_init(|| met.accepted().unwrap().counted.token);
    }
}

pub(super) fn scenarios() -> Vec<Scenario> {
    [reads(), ends(), contracts(), windows(), copies()].concat()
}

fn reads() -> Vec<Scenario> {
    vec![
        scenario!("find_key", |store| make(&store).await, |store| async move {
            store.find_key(&new().hash, NOW).await
        }),
        scenario!("key_by_id", |store| make(&store).await, |store| async move {
            store.key_by_id(tenant(1).merchant, new().key.id).await
        }),
        scenario!("key_of_hash", |store| make(&store).await, |store| async move {
            store.key_of_hash(&new().hash).await
        }),
        scenario!("list_keys", |store| make(&store).await, |store| async move {
            store.list_keys(KeyQuery { tenant: tenant(1), from: None, limit: 10, offset: 0 }).await
        }),
        scenario!("all_keys", |store| make(&store).await, |store| store.all_keys(tenant(1).merchant)),
    ]
}

fn ends() -> Vec<Scenario> {
    vec![
        scenario!("create_key", nothing, |store| async move {
            // The same key is the one that was made: its text is random, or derived from the request.
            let is_made = |put| match put {
                KeyPut::Created => true,
                KeyPut::Exists(key) => *key == new().key,
                KeyPut::TooMany => false,
            };
            store.create_key(&new(), NOW).await.map(is_made)
        }),
        scenario!("revoke_key", |store| make(&store).await, |store| async move {
            store.revoke_key(&new().hash, &new().key, NOW).await
        }),
        scenario!("expire_key", |store| make(&store).await, |store| async move {
            store.expire_key(&new().hash, &new().key, soon(), NOW).await
        }),
    ]
}

fn contracts() -> Vec<Scenario> {
    vec![
        scenario!("set_key_scopes", |store| make(&store).await, |store| async move {
            store.set_key_scopes(&new().hash, &[Permission::PaymentsRead]).await
        }),
        scenario!("set_contract", Effect::Steps, |store| make(&store).await, |store| store
            .set_contract(tenant(1).merchant, Tier::Sandbox.into())),
        scenario!("set_contract_of_key", |store| make(&store).await, |store| async move {
            store.set_contract_of_key(&new().hash, Tier::Sandbox.into()).await
        }),
    ]
}

fn windows() -> Vec<Scenario> {
    vec![
        scenario!("meter_key", Effect::AtLeastOnce, |store| make(&store).await, |store| async move {
            let met = store.key_meter().meter_key(&new().hash, FrontDoor::Charges, NOW).await?;
            Ok::<Option<ApiKey>, StoreError>(met.accepted().map(|metered| metered.key))
        }),
        scenario!("meter_merchant", Effect::AtLeastOnce, nothing, |store| async move {
            let counted = store.key_meter().meter_merchant(tenant(1), FrontDoor::Direct, NOW).await?;
            Ok::<bool, StoreError>(counted.counts[0].1 >= 1)
        }),
        scenario!("give_token_back", Effect::AtMostOnce, |store| count(&store).await, |store| async move {
            store.key_meter().give_token_back(TOKEN.get().unwrap()).await
        }),
    ]
}

/// The keys of items in their order.
fn in_order(page: &StoredPage) -> Vec<String> {
    let mut keys: Vec<_> = page.items.iter().map(|item| item.key().to_owned()).collect();
    keys.sort();
    keys
}

/// The table of keys stands for a restored main one: its items are missing there.
fn copies() -> Vec<Scenario> {
    vec![
        scenario!("scan_items", |store| make(&store).await, |store| async move {
            Ok(in_order(&store.scan_items(StackTable::Keys, None, 10).await?))
        }),
        scenario!("copy_back", |store| make(&store).await, |store| async move {
            let page = store.scan_items(StackTable::Keys, None, 10).await?;
            let first = page.items.iter().min_by_key(|item| item.key().to_owned()).unwrap();
            store.copy_back(StackTable::Main, first, NOW).await
        }),
    ]
}
