//! Prices and their lookup keys.

use super::{
    super::{prices::price, *},
    scenario::{Effect, Scenario, scenario},
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("write_price", nothing, |store| async move {
            store.write_price(tenant(1), None, &price(1, Some("basic"))).await
        }),
        scenario!(
            "price_of_lookup_key",
            |store| {
                let put = store.write_price(tenant(1), None, &price(1, Some("basic"))).await.unwrap();
                assert_eq!(put, tollgate_store::PricePut::Done);
            },
            |store| store.price_of_lookup_key(tenant(1), "basic")
        ),
    ]
}
