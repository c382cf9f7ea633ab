//! `POST /v2/events/{id}/retry`.

use super::*;

#[tokio::test]
async fn an_event_is_sent_again() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let mut intents = Transcript::new(cloud.intents());
    let body = json!({"url": receiver.url, "enabled_events": ["customer.created"]});
    let endpoint = made(&cloud, "/webhook_endpoints", &body).await;
    let path = format!("{}/retry", super::retrieve_event::event(&cloud).await);
    receiver.wait_for(1).await;
    let only = json!({"webhook_endpoint": endpoint});
    intents.post_once("to one endpoint", &path, "retry-1", &only).await;
    intents.post_once("the same again", &path, "retry-1", &only).await;
    intents.post_once("another with its key", &path, "retry-1", &json!({})).await;
    intents.deliveries("what arrived, twice", &receiver.wait_for(2).await);
    let unknown = json!({"webhook_endpoint": "we_1111111111111111111111"});
    intents.post("to an unknown endpoint", &path, &unknown).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    assert_snapshot!(intents.text());
}
