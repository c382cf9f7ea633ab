//! `POST /v2/api_keys/{id}/roll`.

use super::*;

#[tokio::test]
async fn a_new_key_in_anothers_place() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let key = made(&cloud, "/api_keys", &json!({"scopes": ["payments:read"]})).await;
    let path = format!("/api_keys/{key}/roll");
    intents.post("too long an overlap", &path, &json!({"expires_in": 100_000_000})).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    let overlap = json!({"expires_in": 60});
    intents.post_once("rolled", &path, "roll-1", &overlap).await;
    intents.post_once("the same again", &path, "roll-1", &overlap).await;
    intents.post_once("another with its key", &path, "roll-1", &json!({})).await;
    let revoked = made(&cloud, "/api_keys", &json!({})).await;
    cloud.intents().delete(&format!("/api_keys/{revoked}")).await.expect(200);
    intents.post("one that was revoked", &format!("/api_keys/{revoked}/roll"), &json!({})).await;
    assert_snapshot!(intents.text());
}
