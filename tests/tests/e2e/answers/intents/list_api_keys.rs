//! `GET /v2/api_keys`.

use super::*;

#[tokio::test]
async fn pages() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let key = made(&cloud, "/api_keys", &json!({"scopes": ["payments:read"]})).await;
    intents.get("the first page", "/api_keys?limit=1").await;
    cloud.intents().delete(&format!("/api_keys/{key}")).await.expect(200);
    intents.get("a key that was revoked", "/api_keys?limit=1").await;
    for query in ["limit=0", "starting_after=nothing", "color=red"] {
        intents.get(query, &format!("/api_keys?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
