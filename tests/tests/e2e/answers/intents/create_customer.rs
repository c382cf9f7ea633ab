//! `POST /v2/customers`.

use super::*;

#[tokio::test]
async fn customers_that_are_made() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.post("nothing is required", "/customers", &json!({})).await;
    intents.post_once("every field", "/customers", "ada", &ada()).await;
    intents.post_once("the same again", "/customers", "ada", &ada()).await;
    intents.post_once("another with its key", "/customers", "ada", &json!({"name": "Grace"})).await;
    intents.post_form("a form", "/customers", "name=Grace&metadata[a]=1&email=grace%40example.com").await;
    for (title, body) in [
        ("no address", json!({"email": "nobody"})),
        ("a name that is a list", json!({"name": []})),
        ("a long phone", json!({"phone": "1".repeat(100)})),
        ("metadata with an object", json!({"metadata": {"a": {}}})),
        ("an unknown field", json!({"nmae": "Ada"})),
    ] {
        intents.post(title, "/customers", &body).await;
    }
    assert_snapshot!(intents.text());
}
