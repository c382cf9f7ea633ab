//! What no request does: work that is due, and the events and deliveries that follow from everything.

use serde_json::{Value, json};
use tollgate_domain::{
    Customer, CustomerId, Delivery, EndpointId, EventId, Timestamp, WebhookEndpoint, backlog::Backlog,
    endpoint::Attempted, pause::Pause,
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::{Put, Replaced};
use tollgate_tests::{
    Cloud, Receiver, eventually,
    release::{queues, scan, sqs},
};

use super::{
    ask::unique,
    ways::{customer_with_everything, event},
};
use crate::{
    callers::world::make,
    due_work::poison,
    erasure::delete_half,
    notices::{disputes, paid, tell},
    payment,
};

/// Leaves every kind of work for later, and waits until it is done.
pub(crate) async fn leave_and_finish(cloud: &Cloud) {
    // Its money is available at once.
    cloud.charges().post("/payments", &payment("tok_visa_0077", 1000)).await.expect(201);
    eventually("the merchant is told of available money", || async {
        let told = cloud.intents().get("/events?type=balance.available").await.expect(200);
        (!told["data"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    let refunded = refunded_inquiry(cloud).await;
    let receivers = [Receiver::start(&[]), Receiver::start(&[500])];
    let refund = failing_refund(cloud).await;
    let customer = half_erased(cloud).await;
    for receiver in &receivers {
        lost_delivery(cloud, receiver).await;
    }
    let recovered = Receiver::start(&[]);
    waiting_backlog(cloud, &recovered).await;
    poison(cloud, 99).await;
    for receiver in &receivers {
        receiver.wait_for(1).await;
    }
    recovered.wait_for(2).await;
    eventually("the refund has failed", || async {
        let shown = cloud.charges().get(&format!("/refunds/{refund}")).await.expect(200);
        (shown["status"] == "failed").then_some(())
    })
    .await;
    eventually("the inquiry is closed", || async {
        let inquiry = disputes(cloud, &refunded, 1).await.remove(0);
        inquiry.status.is_decided().then_some(())
    })
    .await;
    eventually("the erasure is complete", || async {
        let customer: Option<Customer> =
            cloud.store().get(cloud.demo_scope(), &customer.to_string()).await.unwrap();
        customer.unwrap().erasure.is_none_or(|erasure| erasure.complete).then_some(())
    })
    .await;
}

/// A payment that its bank inquires about, refunded whole; its reference.
async fn refunded_inquiry(cloud: &Cloud) -> String {
    let reference = paid(cloud, "mpgs", &unique()).await;
    let news = json!({"provider": "mpgs", "reference": reference, "stage": "inquiry"});
    assert_eq!(tell(cloud, &news).await, [200]);
    disputes(cloud, &reference, 1).await;
    cloud.checkout().post(&format!("/payments/{reference}/refund"), &json!({})).await.expect(200);
    reference
}

/// A refund that is pending and fails later.
async fn failing_refund(cloud: &Cloud) -> String {
    let charges = cloud.charges();
    let paid = charges.post("/payments", &payment("tok_visa_5126", 1000)).await.expect(201);
    let refund = charges.post("/refunds", &json!({"payment_id": paid["id"]})).await.expect(201);
    refund["id"].as_str().unwrap().to_owned()
}

/// A customer whose erasure died after its first write.
async fn half_erased(cloud: &Cloud) -> CustomerId {
    let id = CustomerId::parse("cus_", &customer_with_everything(cloud).await).unwrap();
    let before: Option<Customer> = cloud.store().get(cloud.demo_scope(), &id.to_string()).await.unwrap();
    delete_half(cloud, id, before.unwrap().updated).await;
    id
}

/// A delivery whose message was lost, to an endpoint whose last attempt timed out.
async fn lost_delivery(cloud: &Cloud, receiver: &Receiver) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let event = EventId::parse("evt_", &event(cloud).await).unwrap();
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    let endpoint = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
    let endpoint = EndpointId::parse("we_", endpoint["id"].as_str().unwrap()).unwrap();
    let made: Option<WebhookEndpoint> = store.get(tenant, &endpoint.to_string()).await.unwrap();
    let failing = made.unwrap().after_attempt(Attempted::TimedOut, false, SystemClock.now()).unwrap();
    assert_eq!(store.replace(tenant, &failing).await.unwrap(), Replaced::Done);
    let lost = Delivery::new(event, endpoint, Timestamp::from_s(1_700_000_000));
    assert_eq!(store.create(tenant, &lost).await.unwrap(), Put::Created);
}

/// The backlog of an endpoint whose pause is over, with two deliveries: the trial, and one that is woken.
async fn waiting_backlog(cloud: &Cloud, receiver: &Receiver) {
    let (store, tenant, now) = (cloud.store(), cloud.demo_scope(), SystemClock.now());
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    let endpoint = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
    let endpoint = EndpointId::parse("we_", endpoint["id"].as_str().unwrap()).unwrap();
    let made: Option<WebhookEndpoint> = store.get(tenant, &endpoint.to_string()).await.unwrap();
    let mut paused = made.unwrap().after_attempt(Attempted::TimedOut, false, now).unwrap();
    paused.pause = Some(Pause { until: now, times: 1 });
    assert_eq!(store.replace(tenant, &paused).await.unwrap(), Replaced::Done);
    for _ in 0..2 {
        let event = EventId::parse("evt_", &event(cloud).await).unwrap();
        let held = Delivery::new(event, endpoint, now).held_back(now);
        assert_eq!(store.create(tenant, &held).await.unwrap(), Put::Created);
    }
    assert_eq!(store.create(tenant, &Backlog::new(endpoint, now, now)).await.unwrap(), Put::Created);
}

/// Waits until nothing is undecided, every change is published, and every event was sent to the demo merchant's inbox.
pub(super) async fn everything_ends(cloud: &Cloud) {
    let (last, _) = make(cloud, "charges", "customer").await;
    let last = last.split_once('_').unwrap().1.to_owned();
    let endpoints = cloud.intents().get("/webhook_endpoints?limit=100").await.expect(200);
    let mut endpoints = endpoints["data"].as_array().unwrap().iter();
    let inbox = endpoints.find(|endpoint| endpoint["url"].as_str().unwrap().contains("/_inbox")).unwrap();
    let inbox = EndpointId::parse("we_", inbox["id"].as_str().unwrap()).unwrap().to_string();
    eventually("everything has ended", || async {
        redrive(cloud).await;
        let tables = scan(cloud).await;
        let of = |table: &str, code: &'static str| -> Vec<Value> {
            let items = tables[table].as_array().unwrap().iter();
            items.filter(|item| item["t"]["S"] == code).cloned().collect()
        };
        let is_undecided =
            |item: &Value| ["processing", "pending"].contains(&item["status"]["S"].as_str().unwrap_or(""));
        let undecided = of("tollgate", "PAY")
            .iter()
            .chain(&of("tollgate", "REF"))
            .filter(|item| is_undecided(item))
            .count();
        let is_published = of("tollgate-events", "EVT").iter().any(|item| item.to_string().contains(&last));
        let unsent = of("tollgate-events", "DLV").into_iter().filter(|item| {
            let is_of_inbox = item["pk"]["S"].as_str().unwrap().ends_with(&inbox);
            is_of_inbox && item["status"]["S"] == "pending" && item["attempts_made"]["N"] == "0"
        });
        (undecided == 0 && is_published && unsent.count() == 0).then_some(())
    })
    .await;
}

/// Puts messages back that failed while a grant was missing, as `cargo admin redrive` does.
async fn redrive(cloud: &Cloud) {
    for url in queues(cloud).await {
        let name = url.rsplit('/').next().unwrap();
        if name.contains("dead") {
            let source = json!({"SourceArn": format!("arn:aws:sqs:us-east-1:000000000000:{name}")});
            sqs(cloud, "StartMessageMoveTask", source).await;
        }
    }
}
