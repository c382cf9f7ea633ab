//! `POST /v2/webhook_endpoints/{id}`.

use super::*;

#[tokio::test]
async fn fields_that_are_named_change() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = endpoint(&cloud, "https://example.com/hook").await;
    let change = json!({
        "url": "https://example.com/other", "enabled_events": ["*"], "description": "D", "metadata": {"a": "1"},
        "disabled": true,
    });
    intents.post_once("every field", &path, "u", &change).await;
    intents.post_once("the same again", &path, "u", &change).await;
    intents.post_once("another with its key", &path, "u", &json!({"disabled": false})).await;
    intents.post("enabled again", &path, &json!({"disabled": false})).await;
    intents.post("a field that cannot change", &path, &json!({"api": "charges"})).await;
    intents.post("an unknown event", &path, &json!({"enabled_events": ["color.changed"]})).await;
    assert_snapshot!(intents.text());
}
