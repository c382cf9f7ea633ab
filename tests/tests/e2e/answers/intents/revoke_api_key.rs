//! `DELETE /v2/api_keys/{id}`.

use super::*;

#[tokio::test]
async fn a_key_is_revoked() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path =
        format!("/api_keys/{}", made(&cloud, "/api_keys", &json!({"scopes": ["payments:read"]})).await);
    intents.delete("revoked", &path).await;
    intents.delete("once more", &path).await;
    intents.delete("no key's id", "/api_keys/nothing").await;
    assert_snapshot!(intents.text());
}
