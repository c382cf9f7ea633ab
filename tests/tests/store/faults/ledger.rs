//! The ledger.

use tollgate_domain::{LedgerTerms, Tier};
use tollgate_store::Merchant;

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

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!(
            "book",
            nothing,
            |store| async move { store.book(tenant(1), &charge(1, 1000, "EUR")).await }
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
