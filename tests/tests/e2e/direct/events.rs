//! The five events and the verifier of the text.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn its_five_events_arrive_signed_as_the_documented_verifier_wants() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let endpoint = json!({"url": receiver.url, "api": "direct"});
    let secret = cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201)["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let direct = cloud.client("direct");
    let paid = direct.post("/payments", &sample()).await.expect(200);
    direct.post("/payments", &number("4000000000009995")).await.expect(200);
    let path = format!("/payments/{}/refund", paid["id"].as_str().unwrap());
    direct.post(&path, &json!({"amount": 100, "reason": "customer_request"})).await.expect(200);
    direct.post("/payments", &with("/customer/name", json!("Jane Doe"))).await.expect(200);
    let received = receiver.wait_for(6).await;
    let mut types: Vec<String> =
        received.iter().map(|w| w.json()["type"].as_str().unwrap().to_owned()).collect();
    types.sort();
    assert_eq!(
        types,
        [
            "customer.created",
            "customer.updated",
            "payment.failed",
            "payment.succeeded",
            "payment.succeeded",
            "refund.created"
        ]
    );
    let find = |kind: &str| received.iter().find(|w| w.json()["type"] == kind).unwrap();
    let succeeded = find("payment.succeeded");
    let body = succeeded.json();
    assert!(body["id"].as_str().unwrap().starts_with("evt_") && body["created"].is_i64());
    let object = &body["data"]["object"];
    assert_eq!(
        (&object["amount"], &object["currency"], &object["status"]),
        (&json!(5000), &json!("USD"), &json!("succeeded"))
    );
    assert_eq!(find("payment.failed").json()["data"]["object"]["failure_code"], "insufficient_funds");
    assert_eq!(find("customer.updated").json()["data"]["object"]["name"], "Jane Doe");
    let verifier = r"
const crypto = require('crypto');
function verifyWebhookSignature(payload, signature, secret) {
  const expectedSignature = crypto
    .createHmac('sha256', secret)
    .update(payload)
    .digest('hex');
  return crypto.timingSafeEqual(
    Buffer.from(signature),
    Buffer.from(expectedSignature)
  );
}
";
    for webhook in &received {
        let signature = webhook.headers["x-webhook-signature"].to_str().unwrap();
        assert_eq!(signature.len(), 64);
        let program = format!(
            "{verifier}\nconsole.log(verifyWebhookSignature({}, '{signature}', '{secret}'))",
            serde_json::to_string(&webhook.body).unwrap()
        );
        if let Some(printed) = run_sample(&["node", "-"], &["node", "--version"], &program).await {
            assert_eq!(printed.trim(), "true");
        }
    }
}
