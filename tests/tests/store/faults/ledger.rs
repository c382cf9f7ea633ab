//! The ledger.

use std::collections::BTreeSet;

use tollgate_domain::{LedgerTerms, Tier};
use tollgate_store::{Merchant, OldestPage};

use super::{
    super::{ledger::charge, *},
    scenario::{Effect, Scenario, scenario},
};

fn merchant() -> Merchant {
    Merchant { id: tenant(1).merchant, name: "A".into(), contract: Tier::Growth.into(), created: NOW }
}

fn terms() -> LedgerTerms {
    LedgerTerms::default().with_delay(7).unwrap()
}

async fn make(store: &Writer) {
    assert_eq!(store.create_merchant(&merchant()).await.unwrap(), Put::Created);
}

/// What a page has, without the order of the items' attributes.
fn in_order(page: Result<OldestPage, StoreError>) -> Result<(Vec<(String, String)>, bool), StoreError> {
    let page = page?;
    let of = |(place, item): (String, tollgate_store::StoredItem)| (place, item.key().to_owned());
    Ok((page.items.into_iter().map(of).collect(), page.has_more))
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!(
            "book",
            nothing,
            // What a lost try wrote is returned, too.
            |store| async move { store.book(tenant(1), &charge(1, 1000, "EUR")).await.map(drop) }
        ),
        scenario!(
            "move_booked",
            |store| store.book(tenant(1), &charge(1, 1000, "EUR")).await.unwrap(),
            |store| async move {
                let booked = charge(1, 1000, "EUR");
                let next = booked.made_available(booked.available_on).unwrap();
                store.move_booked(tenant(1), &booked, &next).await
            }
        ),
        scenario!("correct_balance", Effect::AtLeastOnce, nothing, |store| async move {
            let movement = charge(1, 1000, "EUR").movement();
            store.correct_balance(tenant(1), Currency::from_code("EUR").unwrap(), movement).await
        }),
        scenario!(
            "balances",
            |store| for n in 1..=5 {
                store.book(tenant(1), &charge(n, 1000, "EUR")).await.unwrap();
            },
            |store| async move { store.balances(tenant(1)).await }
        ),
        scenario!(
            "list_oldest",
            |store| for n in 1..=5 {
                store.book(tenant(1), &charge(n, 1000, "EUR")).await.unwrap();
            },
            |store| async move { in_order(store.list_oldest(tenant(1), "BTX", None, 3).await) }
        ),
        scenario!(
            "stored_items",
            |store| for n in 1..=5 {
                store.book(tenant(1), &charge(n, 1000, "EUR")).await.unwrap();
            },
            |store| async move {
                let keys = [1, 9, 3].map(|n| format!("{}BTX#{}", tenant(1), charge(n, 1, "EUR").id));
                let items = store.stored_items(&keys).await?;
                let keys: BTreeSet<String> = items.iter().map(|item| item.key().to_owned()).collect();
                Ok::<_, StoreError>(keys)
            }
        ),
        scenario!("set_ledger_terms", |store| make(&store).await, |store| async move {
            store.set_ledger_terms(merchant().id, &terms()).await
        }),
        scenario!(
            "ledger_terms",
            |store| {
                make(&store).await;
                assert_eq!(store.set_ledger_terms(merchant().id, &terms()).await.unwrap(), Changed::Done);
            },
            |store| async move { store.ledger_terms(merchant().id).await }
        ),
    ]
}
