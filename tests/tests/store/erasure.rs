//! Erasing a customer with more payments than one run of due work reaches.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{Customer, CustomerId, Payment, Source, payment::Outcome, source::BankAccount};
use tollgate_gateway::{OsEntropy, Worker};
use tollgate_store::{ListQuery, Put, Replaced};
use tollgate_tests::due_work::{no_queues, run_due_work};

use crate::{NOW, Opened, SetClock, bytes, open, payment, tenant};

/// More than one run reaches: 20 pages of 100.
const PAYMENTS: u32 = 2100;

/// Runs due work some milliseconds after [`NOW`].
async fn run_at(opened: &Opened, ms: i64) {
    let clock = Arc::new(SetClock(NOW.plus_ms(ms)));
    let worker = Worker::new(opened.store.clone(), None, clock, Arc::new(OsEntropy));
    assert_eq!(run_due_work(&worker, &no_queues()).await.left, 0);
}

/// Payments whose account holder is still named.
async fn named(opened: &Opened, customer: CustomerId) -> usize {
    let all = ListQuery::new(PAYMENTS as usize).of_customer(tenant(1), customer);
    let keep = |payment: &Payment| match &payment.source {
        Some(Source::BankTransfer(account)) => !account.account_holder_name.is_empty(),
        _ => false,
    };
    let mut count = 0;
    let mut query = all;
    loop {
        let page = opened.store.list(tenant(1), &query, Some(&keep)).await.unwrap();
        count += page.items.len();
        query.after = page.next;
        if query.after.is_none() {
            return count;
        }
    }
}

#[tokio::test]
async fn every_payment_of_a_customer_is_erased_though_one_run_does_not_reach_them_all() {
    let opened = open().await;
    let id = CustomerId::from_bytes(bytes(7));
    let made = (0..PAYMENTS).map(|n| {
        let mut paid = payment(n, Outcome::Approved, NOW.plus_ms(i64::from(n)));
        paid.customer = Some(id);
        paid.source = Some(Source::BankTransfer(BankAccount {
            last4: "5678".into(),
            sort_code: "12-34-56".into(),
            account_holder_name: "Ada".into(),
        }));
        let store = opened.store.clone();
        async move { store.create(tenant(1), &paid).await.unwrap() }
    });
    let puts: Vec<_> = stream::iter(made).buffer_unordered(16).collect().await;
    assert!(puts.iter().all(|put| *put == Put::Created));
    let request = "req_1".into();
    let customer = Customer::create(
        id,
        tollgate_domain::FrontDoor::Charges,
        request,
        tollgate_domain::customer::Profile::default(),
        None,
        NOW,
    );
    assert_eq!(opened.store.create(tenant(1), &customer).await.unwrap(), Put::Created);
    let erased = customer.erased(NOW, NOW, &"req_2".into());
    assert_eq!(opened.store.replace(tenant(1), &erased).await.unwrap(), Replaced::Done);

    run_at(&opened, 0).await;
    assert_eq!(named(&opened, id).await, 100);
    run_at(&opened, 1).await;
    assert_eq!(named(&opened, id).await, 0);
    // The look that ends it takes two runs as well, and nothing is due after it.
    for run in [60_001, 60_002] {
        let now: Customer = opened.store.get(tenant(1), &id.to_string()).await.unwrap().unwrap();
        assert!(now.erasure.unwrap().complete, "before the run at {run}");
        run_at(&opened, run).await;
    }
    let now: Customer = opened.store.get(tenant(1), &id.to_string()).await.unwrap().unwrap();
    assert_eq!(now.erasure, None);
}
