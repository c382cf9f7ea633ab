//! `POST /v2/webhook_endpoints`.

use super::*;

#[tokio::test]
async fn endpoints_of_each_api() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let of = |changes: Value| {
        let mut body = json!({"url": "https://example.com/hook"});
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    intents.post("an address is enough", "/webhook_endpoints", &of(json!({}))).await;
    let whole = of(
        json!({"api": "charges", "enabled_events": ["payment.*"], "description": "D", "metadata": {"a": "1"}}),
    );
    intents.post_once("every field", "/webhook_endpoints", "we-1", &whole).await;
    intents.post_once("the same again", "/webhook_endpoints", "we-1", &whole).await;
    intents.post_once("another with its key", "/webhook_endpoints", "we-1", &of(json!({}))).await;
    intents.post("direct's", "/webhook_endpoints", &of(json!({"api": "direct"}))).await;
    for (title, body) in [
        ("nothing", json!({})),
        ("no address", json!({"url": "nowhere"})),
        ("an address of a private network", json!({"url": "https://10.0.0.1/"})),
        ("without encryption", json!({"url": "http://example.com/"})),
        ("an unknown API", of(json!({"api": "checkout"}))),
        ("no events", of(json!({"enabled_events": []}))),
        ("an unknown event", of(json!({"enabled_events": ["color.changed"]}))),
        ("another API's event", of(json!({"api": "charges", "enabled_events": ["payment_intent.created"]}))),
        ("an unknown field", of(json!({"color": "red"}))),
    ] {
        intents.post(title, "/webhook_endpoints", &body).await;
    }
    assert_snapshot!(intents.text());
}
