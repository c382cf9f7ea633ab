//! The index of order numbers: an order's payments cost the same among few and among many.

use tollgate_domain::{Payment, Tenant};
use tollgate_store::{ListQuery, Writer};

use super::*;

async fn make(store: &Writer, tenant: Tenant, n: u32, order: &str) -> Payment {
    let payment = payment(n, Outcome::Approved, NOW.plus_ms(i64::from(n)));
    assert!(matches!(store.create(tenant, &payment).await.unwrap(), Put::Created));
    store.index_order(tenant, order, payment.id, payment.created).await.unwrap();
    payment
}

#[tokio::test]
async fn the_payments_of_an_order_are_listed_by_two_calls_however_many_others_there_are() {
    let opened = open().await;
    let store = &opened.store;
    let (ours, others) = (tenant(1), tenant(2));
    for n in 1..=120 {
        make(store, ours, n, if n % 40 == 0 { "sought" } else { "other" }).await;
        make(store, others, n, "sought").await;
    }
    let list = async |query: ListQuery| {
        let metered = store.metered();
        let page = metered.list::<Payment>(ours, &query.of_order(ours, "sought"), None).await.unwrap();
        let cost = metered.meter().cost();
        assert_eq!(cost.operations.len(), 2, "{cost:?}");
        let numbers: Vec<i64> = page.items.iter().map(|found| found.created.ms() - NOW.ms()).collect();
        (numbers, page.next)
    };
    assert_eq!(list(ListQuery::new(5)).await.0, [120, 80, 40]);
    let (first, next) = list(ListQuery::new(2)).await;
    assert_eq!(first, [120, 80]);
    let mut rest = ListQuery::new(2);
    rest.after = next;
    assert_eq!(list(rest).await.0, [40]);
    let mut from = ListQuery::new(5);
    from.created_from = Some(NOW.plus_ms(50));
    assert_eq!(list(from).await.0, [120, 80]);
}
