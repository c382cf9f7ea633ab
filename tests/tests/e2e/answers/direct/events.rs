//! The five events of the text, as they are delivered.

use super::*;

#[tokio::test]
async fn events_as_they_are_delivered() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let endpoint = json!({"url": receiver.url, "api": "direct"});
    cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201);
    let direct = cloud.client("direct");
    let mut events = Transcript::new(cloud.client("direct"));
    let mut seen = 0;
    let mut deliver = async |title: &str, count: usize| {
        let all = receiver.wait_for(seen + count).await;
        events.deliveries(title, &all[seen..]);
        seen += count;
    };
    let paid = id(&direct.post("/payments", &sample()).await);
    deliver("a payment makes its customer", 2).await;
    direct.post(&format!("/payments/{paid}/refund"), &json!({"amount": 2500})).await.expect(200);
    deliver("a refund", 1).await;
    direct.post("/payments", &with("/card/number", json!("4000000000000002"))).await.expect(200);
    deliver("a payment is declined", 1).await;
    direct.post("/payments", &with("/customer/name", json!("John R. Doe"))).await.expect(200);
    deliver("a customer has a new name", 2).await;
    assert_snapshot!(events.text());
}
