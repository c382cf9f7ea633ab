//! `GET /v2/events/{id}`.

use super::*;

/// The event of a new customer; gives its path.
pub(super) async fn event(cloud: &Cloud) -> String {
    made(cloud, "/customers", &ada()).await;
    eventually("the event", || async {
        let events = cloud.intents().get("/events?type=customer.created").await.expect(200);
        events["data"][0]["id"].as_str().map(|id| format!("/events/{id}"))
    })
    .await
}

#[tokio::test]
async fn an_event_is_shown() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = event(&cloud).await;
    intents.get("as it is", &path).await;
    intents.get("an unknown parameter", &format!("{path}?color=red")).await;
    intents.get("no event's id", "/events/nothing").await;
    assert_snapshot!(intents.text());
}
