//! `GET /v2/webhook_endpoints/{id}`.

use super::*;

#[tokio::test]
async fn an_endpoint_is_shown_without_its_secret() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = endpoint(&cloud, "https://example.com/hook").await;
    intents.get("as it is", &path).await;
    cloud.intents().delete(&path).await.expect(200);
    intents.get("deleted", &path).await;
    intents.get("no endpoint's id", "/webhook_endpoints/nothing").await;
    assert_snapshot!(intents.text());
}
