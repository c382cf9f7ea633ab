//! `POST /v2/webhook_endpoints/{id}/test`.

use super::*;

#[tokio::test]
async fn a_test_event_is_sent() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("{}/test", endpoint(&cloud, &receiver.url).await);
    intents.post_once("sent", &path, "test-1", &json!({})).await;
    intents.post_once("the same again", &path, "test-1", &json!({})).await;
    intents.deliveries("what arrived", &receiver.wait_for(1).await);
    intents.post("an event of its own", &path, &json!({"type": "payment_intent.canceled"})).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    assert_snapshot!(intents.text());
}
