//! `POST /v2/webhook_endpoints/{id}/recover`.

use super::*;

#[tokio::test]
async fn what_was_missed_is_sent() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let mut intents = Transcript::new(cloud.intents());
    cancel_one(&cloud).await;
    eventually("the event", || async {
        let events = cloud.intents().get("/events?type=payment_intent.canceled").await.expect(200);
        (events["data"][0]["id"].is_string()).then_some(())
    })
    .await;
    let path = format!("{}/recover", endpoint(&cloud, &receiver.url).await);
    for (title, body) in [
        ("nothing", json!({})),
        ("a time that is a word", json!({"since": "soon"})),
        ("the wrong way round", json!({"since": 20, "until": 10})),
        ("nothing of that time", json!({"since": 0, "until": 10})),
        ("an unknown field", json!({"since": 0, "color": "red"})),
    ] {
        intents.post(title, &path, &body).await;
    }
    intents.post_once("everything", &path, "recover-1", &json!({"since": 0})).await;
    intents.post_once("the same again", &path, "recover-1", &json!({"since": 0})).await;
    intents.post_once("another with its key", &path, "recover-1", &json!({"since": 1})).await;
    intents.deliveries("what arrived", &receiver.wait_for(1).await);
    assert_snapshot!(intents.text());
}
