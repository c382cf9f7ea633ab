//! `POST /v2/customers/{id}`.

use super::*;

#[tokio::test]
async fn fields_that_are_named_change() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/customers/{}", made(&cloud, "/customers", &ada()).await);
    let change = json!({"name": "Ada King", "phone": "", "metadata": {"user_id": "", "plan": "premium"}});
    intents.post_once("changed", &path, "u", &change).await;
    intents.post_once("the same again", &path, "u", &change).await;
    intents.post_once("another with its key", &path, "u", &json!({"name": "Ada"})).await;
    intents.post("nothing", &path, &json!({})).await;
    intents.post("no address", &path, &json!({"email": "nobody"})).await;
    intents.post("an unknown field", &path, &json!({"nmae": "Ada"})).await;
    assert_snapshot!(intents.text());
}
