//! `POST /v2/webhook_endpoints/{id}/roll_secret`.

use super::*;

#[tokio::test]
async fn a_new_secret_beside_the_old_one() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("{}/roll_secret", endpoint(&cloud, "https://example.com/hook").await);
    intents.post_once("rolled", &path, "roll-1", &json!({})).await;
    intents.post_once("the same again", &path, "roll-1", &json!({})).await;
    intents.post("with an overlap", &path, &json!({"expires_in": 60})).await;
    intents.post("too long an overlap", &path, &json!({"expires_in": 100_000_000})).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    assert_snapshot!(intents.text());
}
