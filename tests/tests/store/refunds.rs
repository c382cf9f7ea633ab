//! Refunds: written with their payment, never more than was captured.

use super::*;

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
    assert_eq!(due(store, DueKind::Refund, NOW).await.len(), 1);
    let failed = pending.settle(RefundOutcome::Failed, NOW, &"req_settle".into()).unwrap();
    assert_eq!(store.settle_refund(tenant(1), &failed).await.unwrap(), Replaced::Done);
    assert_eq!(store.settle_refund(tenant(1), &failed).await.unwrap(), Replaced::Done, "sent again");
    let late = pending.settle(RefundOutcome::Failed, NOW, &"req_late".into()).unwrap();
    assert_eq!(store.settle_refund(tenant(1), &late).await.unwrap(), Replaced::Conflict(Some(failed)));
    assert_eq!(read(store, tenant(1), paid.id).await.amount_refunded, 0);
    assert_eq!(due(store, DueKind::Refund, NOW).await, []);
}
