//! `/v2/webhook_endpoints`: form and JSON bodies, the secret shown once, addresses that are refused.

use serde_json::json;
use tollgate_tests::Cloud;

#[tokio::test]
async fn an_endpoint_is_made_listed_read_and_deleted() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let form = "url=https://example.com/hooks&api=charges&enabled_events[]=payment.*&enabled_events[]=refund.created\
                &description=Mine&metadata[team]=a";
    let made = intents.post_form("/webhook_endpoints", form).await.expect(201);
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!((&made["api"], &made["status"]), (&json!("charges"), &json!("enabled")));
    assert_eq!(made["enabled_events"], json!(["payment.*", "refund.created"]));
    assert_eq!(made["metadata"], json!({"team": "a"}));
    let path = format!("/webhook_endpoints/{}", made["id"].as_str().unwrap());
    let read = intents.get(&path).await.expect(200);
    assert!(read.get("secret").is_none());
    assert_eq!((&read["id"], &read["url"]), (&made["id"], &made["url"]));

    let indexed = "url=https://example.com/2&enabled_events[0]=payment_intent.succeeded";
    let second = intents.post_form("/webhook_endpoints", indexed).await.expect(201);
    assert_eq!(
        (&second["api"], &second["enabled_events"]),
        (&json!("intents"), &json!(["payment_intent.succeeded"]))
    );
    let third =
        intents.post("/webhook_endpoints", &json!({"url": "https://example.com/3", "api": "direct"})).await;
    assert_eq!(third.expect(201)["enabled_events"], json!(["*"]));

    // Two of three, and the local cloud's own.
    let page = intents.get("/webhook_endpoints?limit=2").await.expect(200);
    assert_eq!(
        (&page["object"], &page["url"], &page["has_more"]),
        (&json!("list"), &json!("/v2/webhook_endpoints"), &json!(true))
    );
    assert!(!page.to_string().contains("whsec_"));
    let gone = intents.delete(&path).await.expect(200);
    assert_eq!(gone, json!({"id": made["id"], "object": "webhook_endpoint", "deleted": true}));
    assert_eq!(intents.get(&path).await.expect(404)["error"]["code"], "resource_missing");
    assert_eq!(intents.delete(&path).await.status, 404);
}

#[tokio::test]
async fn a_create_replays_with_its_secret_and_wrong_parameters_are_named() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let body = json!({"url": "https://example.com/hooks", "api": "charges"});
    let made = intents.post_once("/webhook_endpoints", "k", &body).await;
    assert_eq!(intents.post_once("/webhook_endpoints", "k", &body).await.text, made.text);
    let other = json!({"url": "https://example.com/other"});
    let reused = intents.post_once("/webhook_endpoints", "k", &other).await.expect(400);
    assert_eq!(reused["error"]["type"], "idempotency_error");
    for (form, param) in [
        ("", "url"),
        ("url=", "url"),
        ("url=nonsense", "url"),
        ("url=ftp://example.com/", "url"),
        ("url=http://10.0.0.1/", "url"),
        ("url=http://169.254.169.254/latest", "url"),
        ("url=https://a:b@example.com/", "url"),
        ("url=https://example.com/&api=simple", "api"),
        ("url=https://example.com/&enabled_events[]=nonsense", "enabled_events"),
        ("url=https://example.com/&api=charges&enabled_events[]=payment_intent.succeeded", "enabled_events"),
        ("url=https://example.com/&colour=red", "colour"),
        ("url=https://example.com/&metadata[a][b]=c", "metadata[a]"),
    ] {
        let refused = intents.post_form("/webhook_endpoints", form).await.expect(400);
        assert_eq!(refused["error"]["type"], "invalid_request_error", "{form}: {refused}");
        assert_eq!(refused["error"]["param"], param, "{form}: {refused}");
    }
}

#[tokio::test]
async fn there_is_a_limit_to_endpoints() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    // The local cloud's own is one of the fifty.
    for n in 1..50 {
        intents
            .post("/webhook_endpoints", &json!({"url": format!("https://example.com/{n}")}))
            .await
            .expect(201);
    }
    let refused =
        intents.post("/webhook_endpoints", &json!({"url": "https://example.com/more"})).await.expect(400);
    assert!(refused["error"]["message"].as_str().unwrap().contains("50"), "{refused}");
}
