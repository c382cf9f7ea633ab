//! `POST /v2/api_keys`.

use super::*;

#[tokio::test]
async fn keys_of_both_kinds() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.post("a secret key", "/api_keys", &json!({})).await;
    let restricted = json!({"type": "secret", "scopes": ["payments:read", "customers:read"]});
    intents.post_once("with two scopes", "/api_keys", "key-1", &restricted).await;
    intents.post_once("the same again", "/api_keys", "key-1", &restricted).await;
    intents.post_once("another with its key", "/api_keys", "key-1", &json!({})).await;
    intents.post("a publishable key", "/api_keys", &json!({"type": "publishable"})).await;
    for (title, body) in [
        ("an unknown type", json!({"type": "golden"})),
        ("an unknown scope", json!({"scopes": ["moon:read"]})),
        ("scopes that are a text", json!({"scopes": 1})),
        ("scopes of a publishable key", json!({"type": "publishable", "scopes": ["payments:read"]})),
        ("an unknown field", json!({"color": "red"})),
    ] {
        intents.post(title, "/api_keys", &body).await;
    }
    assert_snapshot!(intents.text());
}
