//! Due work and delivery, with endpoints that are dead, and records and messages that nobody can read.

use tollgate_domain::{EndpointId, WebhookEndpoint, pause::Pause};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Replaced;
use tollgate_tests::{
    Cloud, Receiver,
    dynamodb::{ask, n, s},
    eventually, sqs,
};

use super::*;

/// Leaves an endpoint paused for some milliseconds, as attempts without an answer do.
async fn pause(cloud: &Cloud, endpoint: &Value, ms: i64) -> EndpointId {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = EndpointId::parse("we_", endpoint["id"].as_str().unwrap()).unwrap();
    let made: WebhookEndpoint = store.get(tenant, &id.to_string()).await.unwrap().unwrap();
    let now = SystemClock.now();
    let mut paused = made.after_attempt(endpoint_timed_out(), false, now).unwrap();
    paused.pause = Some(Pause { until: now.plus_ms(ms), times: 1 });
    assert_eq!(store.replace(tenant, &paused).await.unwrap(), Replaced::Done);
    id
}

const fn endpoint_timed_out() -> tollgate_domain::endpoint::Attempted {
    tollgate_domain::endpoint::Attempted::TimedOut
}

/// The statuses of an endpoint's deliveries.
async fn statuses(cloud: &Cloud, endpoint: &Value) -> Vec<String> {
    let path = format!("/webhook_endpoints/{}/deliveries?limit=100", endpoint["id"].as_str().unwrap());
    let list = cloud.intents().get(&path).await.expect(200);
    let all = list["data"].as_array().unwrap();
    all.iter().map(|delivery| delivery["status"].as_str().unwrap().to_owned()).collect()
}

async fn pay(cloud: &Cloud, count: usize) {
    for _ in 0..count {
        cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    }
}

/// Waits until an endpoint has this many held deliveries, which are no due work.
async fn held(cloud: &Cloud, id: EndpointId, count: usize) {
    eventually("the deliveries are held back", || async {
        let held = cloud.store().held_deliveries(cloud.demo_scope(), id, 100).await.unwrap();
        (held.len() == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn deliveries_to_a_dead_endpoint_wait_in_its_backlog_and_go_out_when_it_answers() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    let id = pause(&cloud, &endpoint, 12_000).await;
    pay(&cloud, 7).await;
    held(&cloud, id, 7).await;
    assert_eq!(receiver.received().len(), 0);
    // The pause ends: the oldest is the trial, and wakes the others.
    let received = receiver.wait_for(7).await;
    let ids: std::collections::BTreeSet<_> =
        received.iter().map(|webhook| webhook.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 7);
    eventually("all are recorded", || async {
        statuses(&cloud, &endpoint).await.iter().all(|status| status == "succeeded").then_some(())
    })
    .await;
    held(&cloud, id, 0).await;
}

#[tokio::test]
async fn the_backlog_of_a_deleted_endpoint_is_canceled() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    let id = pause(&cloud, &endpoint, 8_000).await;
    pay(&cloud, 3).await;
    held(&cloud, id, 3).await;
    cloud
        .intents()
        .delete(&format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap()))
        .await
        .expect(200);
    held(&cloud, id, 0).await;
    assert_eq!(receiver.received().len(), 0);
}

/// A payment's item as no release has written it.
pub(crate) async fn poison(cloud: &Cloud, format: i64) -> String {
    let tenant = cloud.demo_scope();
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let key = format!("{tenant}PAY#poison");
    let item = json!({"TableName": "tollgate", "Item": {
        "pk": s(&key), "sk": s("#"), "t": s("PAY"), "f": n(format), "version": n(1),
    }});
    ask(url, "PutItem", &item).await;
    key
}

#[tokio::test]
async fn a_change_that_nobody_can_read_stops_no_other_and_is_kept_whole() {
    let cloud = Cloud::start().await;
    let key = poison(&cloud, 99).await;
    pay(&cloud, 1).await;
    eventually("the change after it is published", || async {
        (!cloud.inbox().await.is_empty()).then_some(())
    })
    .await;
    let dead = eventually("it is put aside", || async {
        sqs::receive(&cloud, "tollgate-stream-dead-letters").await.pop()
    })
    .await;
    let message: Value = serde_json::from_str(&dead).unwrap();
    let image = &message["record"]["dynamodb"]["NewImage"];
    assert_eq!((&image["pk"], &image["f"]), (&s(&key), &n(99)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_put_aside_comes_through_after_a_redrive() {
    let cloud = Cloud::start().await;
    // A change that was put aside: the whole record, as the queue of changes has it.
    pay(&cloud, 1).await;
    eventually("its webhook", || async { (!cloud.inbox().await.is_empty()).then_some(()) }).await;
    let tenant = cloud.demo_scope();
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let scanned = ask(url, "Scan", &json!({"TableName": "tollgate"})).await;
    let mut items = scanned["Items"].as_array().unwrap().iter();
    let mut item = items.find(|item| item["t"] == s("PAY")).unwrap().clone();
    // Of another payment, whose events are not published yet.
    let id = tollgate_domain::PaymentId::from_bytes([7; 16]);
    item["id"] = s(&id.to_string());
    item["pk"] = s(&format!("{tenant}PAY#{id}"));
    let record = json!({"eventName": "INSERT", "dynamodb": {"NewImage": item}});
    let message = json!({"f": 1, "record": record}).to_string();
    sqs::send(&cloud, "tollgate-stream-dead-letters", &message).await;
    let moved = cloud.run_admin(&["redrive"]).unwrap();
    assert_eq!(moved["changes"], 1);
    eventually("its webhook", || async {
        let inbox = cloud.inbox().await;
        inbox
            .iter()
            .any(|webhook| webhook["body"]["data"]["object"]["id"] == id.to_prefixed("pay_"))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn messages_that_nobody_can_read_stop_no_other_and_are_put_aside_whole() {
    let cloud = Cloud::start().await;
    for (queue, dead_letters) in [
        ("tollgate-webhooks", "tollgate-webhook-dead-letters"),
        ("tollgate-due-work", "tollgate-due-work-dead-letters"),
        ("tollgate-changes", "tollgate-stream-dead-letters"),
    ] {
        let poison = format!("{{\"poison\":\"{queue}\"}}");
        sqs::send(&cloud, queue, &poison).await;
        pay(&cloud, 1).await;
        let dead =
            eventually("it is put aside", || async { sqs::receive(&cloud, dead_letters).await.pop() }).await;
        assert_eq!(dead, poison);
    }
    eventually("the webhooks of all payments", || async { (cloud.inbox().await.len() == 3).then_some(()) })
        .await;
}
