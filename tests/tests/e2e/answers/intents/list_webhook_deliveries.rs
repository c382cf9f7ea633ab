//! `GET /v2/webhook_endpoints/{id}/deliveries`.

use super::*;

#[tokio::test]
async fn deliveries_with_their_attempts() {
    let cloud = Cloud::start_with(&[("WebhookRetrySeconds", "1,1,1,1")]).await;
    let receiver = Receiver::start(&[500]);
    let mut intents = Transcript::new(cloud.intents());
    let endpoint = endpoint(&cloud, &receiver.url).await;
    let path = format!("{endpoint}/deliveries");
    intents.get("nothing yet", &path).await;
    cancel_one(&cloud).await;
    eventually("the delivery succeeds", || async {
        let page = cloud.intents().get(&path).await.expect(200);
        (page["data"][0]["status"] == "succeeded").then_some(())
    })
    .await;
    intents.get("after a second attempt", &path).await;
    for query in ["limit=0", "starting_after=nothing", "status=sold", "color=red"] {
        intents.get(query, &format!("{path}?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
