//! Prices and the merchant's own keys for them: one price has a key at a time.

use tollgate_domain::{
    Currency, PriceId, ProductId,
    billing::{Price, PriceDetails, PriceTerms, PriceUpdate, Pricing, UnitAmount},
};
use tollgate_store::{ListQuery, PricePut, Writer};

use super::*;

pub(super) fn price(n: u8, lookup_key: Option<&str>) -> Price {
    let terms = PriceTerms {
        product: ProductId::from_bytes([9; 16]),
        currency: Currency::from_code("EUR").unwrap(),
        pricing: Pricing::PerUnit(UnitAmount::from_minor(700).unwrap()),
        packages: None,
        recurring: None,
    };
    let details =
        PriceDetails { active: true, lookup_key: lookup_key.map(str::to_owned), ..PriceDetails::default() };
    let request = format!("req_{n}").as_str().into();
    Price::new(PriceId::from_bytes([n; 16]), terms, details, None, NOW.plus_ms(n.into()), &request)
}

fn with_key(price: &Price, key: Option<&str>, request: &str) -> Price {
    let update = PriceUpdate { lookup_key: Some(key.map(str::to_owned)), ..PriceUpdate::default() };
    price.updated(&update, NOW, &request.into()).unwrap()
}

async fn write(store: &Writer, before: Option<&Price>, price: &Price) -> PricePut {
    store.write_price(tenant(1), before, price).await.unwrap()
}

async fn holder(store: &Writer, key: &str) -> Option<PriceId> {
    store.price_of_lookup_key(tenant(1), key).await.unwrap()
}

#[tokio::test]
async fn a_lookup_key_is_one_prices_at_a_time() {
    let opened = open().await;
    let store = &opened.store;
    let (first, second) = (price(1, Some("basic")), price(2, Some("basic")));
    assert_eq!(write(store, None, &first).await, PricePut::Done);
    assert_eq!(write(store, None, &first).await, PricePut::Done, "the same write repeated");
    assert_eq!(write(store, None, &second).await, PricePut::KeyTaken);
    assert_eq!(store.get::<Price>(tenant(1), &second.id.to_string()).await.unwrap(), None);
    let other = Price { request: "req_other".into(), ..first.clone() };
    assert_eq!(write(store, None, &other).await, PricePut::Exists(Box::new(first.clone())));
    // Another merchant's key is another one.
    assert_eq!(store.price_of_lookup_key(tenant(2), "basic").await.unwrap(), None);

    let without = with_key(&first, None, "req_3");
    assert_eq!(write(store, Some(&first), &without).await, PricePut::Done);
    assert_eq!(holder(store, "basic").await, None);
    assert_eq!(write(store, None, &second).await, PricePut::Done);
    assert_eq!(holder(store, "basic").await, Some(second.id));
    // The first one wants it back, and then another one.
    let again = with_key(&without, Some("basic"), "req_4");
    assert_eq!(write(store, Some(&without), &again).await, PricePut::KeyTaken);
    let plus = with_key(&without, Some("plus"), "req_5");
    assert_eq!(write(store, Some(&without), &plus).await, PricePut::Done);
    let renamed = with_key(&plus, Some("pro"), "req_6");
    assert_eq!(write(store, Some(&plus), &renamed).await, PricePut::Done);
    assert_eq!((holder(store, "plus").await, holder(store, "pro").await), (None, Some(first.id)));
    // A change of an old version is none.
    let late = with_key(&plus, None, "req_7");
    assert!(matches!(write(store, Some(&plus), &late).await, PricePut::Exists(now) if *now == renamed));
    let of_product = ListQuery::new(10).of_product(tenant(1), first.terms.product);
    let listed = store.list::<Price>(tenant(1), &of_product, None).await.unwrap();
    assert_eq!(listed.items.iter().map(|price| price.id).collect::<Vec<_>>(), [second.id, first.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_want_a_key_at_once_one_gets_it() {
    let opened = open().await;
    let store = &opened.store;
    let writes = (1..=8).map(|n| async move { write(store, None, &price(n, Some("contested"))).await });
    let put = futures_util::future::join_all(writes).await;
    assert_eq!(put.iter().filter(|put| **put == PricePut::Done).count(), 1, "{put:?}");
    assert_eq!(put.iter().filter(|put| **put == PricePut::KeyTaken).count(), 7, "{put:?}");
    let kept = store.list::<Price>(tenant(1), &ListQuery::new(10), None).await.unwrap().items;
    assert_eq!(
        kept.iter().map(|price| price.id).collect::<Vec<_>>(),
        [holder(store, "contested").await.unwrap()]
    );
}
