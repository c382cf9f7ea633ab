//! `DELETE /v2/webhook_endpoints/{id}`.

use super::*;

#[tokio::test]
async fn an_endpoint_is_deleted() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = endpoint(&cloud, "https://example.com/hook").await;
    intents.delete("deleted", &path).await;
    intents.delete("once more", &path).await;
    intents.post("changed", &path, &json!({"description": "D"})).await;
    assert_snapshot!(intents.text());
}
