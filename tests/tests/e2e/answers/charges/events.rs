//! The eight events of the text, as they are delivered.

use super::*;

#[tokio::test]
async fn events_as_they_are_delivered() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    cloud.charges_endpoint(&receiver.url).await;
    let charges = cloud.charges();
    let mut events = Transcript::new(cloud.charges());
    let mut seen = 0;
    let mut deliver = async |title: &str, count: usize| {
        let all = receiver.wait_for(seen + count).await;
        events.deliveries(title, &all[seen..]);
        seen += count;
    };
    let customer = id(&charges.post("/customers", &ada()).await);
    deliver("a customer is made", 1).await;
    charges.patch(&format!("/customers/{customer}"), &json!({"name": "Ada King"})).await.expect(200);
    deliver("a customer is changed", 1).await;
    let mut body = payment("tok_visa_5126", 1000);
    body["customer_id"] = json!(customer);
    let paid = id(&charges.post_once("/payments", "order-1", &body).await);
    deliver("a payment succeeds", 1).await;
    charges.post("/payments", &payment("tok_visa_0002", 1000)).await.expect(402);
    deliver("a payment is declined", 1).await;
    charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201);
    deliver("a payment needs its payer", 1).await;
    charges.post("/refunds", &json!({"payment_id": paid, "amount": 100})).await.expect(201);
    deliver("a refund fails", 2).await;
    let paid = id(&charges.post("/payments", &payment("tok_visa_4242", 1000)).await);
    deliver("another payment succeeds", 1).await;
    charges.post("/refunds", &json!({"payment_id": paid})).await.expect(201);
    deliver("a refund succeeds", 2).await;
    assert_snapshot!(events.text());
}
