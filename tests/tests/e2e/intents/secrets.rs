//! Rolled secrets of endpoints.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_secret_signs_beside_the_new_one_and_the_standard_libraries_verify_both() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.*"]});
    let (path, old) = endpoint(&cloud, &hooks).await;
    let rolled = intents.post(&format!("{path}/roll_secret"), &json!({"expires_in": 600})).await.expect(200);
    let new = rolled["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let event = intents.post(&format!("{path}/test"), &json!({})).await.expect(200);
    let webhook = receiver.wait_for(1).await.remove(0);
    assert_eq!(webhook.json()["id"], event["id"]);
    assert_eq!(webhook.headers["pg-signature"].to_str().unwrap().matches("v1=").count(), 2);
    let header = |name: &str| webhook.headers[name].to_str().unwrap().to_owned();
    let headers = json!({
        "webhook-id": header("webhook-id"),
        "webhook-timestamp": header("webhook-timestamp"),
        "webhook-signature": header("webhook-signature"),
    });
    for secret in [&old, &new] {
        let python = format!(
            "import json\nfrom standardwebhooks import Webhook\nbody = {body}\nprint(Webhook({secret:?}).verify(body, json.loads({headers:?}))['object'])",
            body = serde_json::to_string(&webhook.body).unwrap(),
            headers = headers.to_string(),
        );
        let needs = ["python3", "-c", "import standardwebhooks"];
        if let Some(printed) = run_sample(&["python3", "-"], &needs, &python).await {
            assert_eq!(printed.trim(), "event");
        }
        let javascript = format!(
            "const {{ Webhook }} = require('standardwebhooks'); console.log(new Webhook({secret:?}).verify({body}, {headers}).object)",
            body = serde_json::to_string(&webhook.body).unwrap(),
        );
        let needs = ["node", "-e", "require('standardwebhooks')"];
        if let Some(printed) = run_sample(&["node", "-"], &needs, &javascript).await {
            assert_eq!(printed.trim(), "event");
        }
    }
    // Without an overlap the old one is gone at once.
    intents.post(&format!("{path}/roll_secret"), &json!({"expires_in": 0})).await.expect(200);
    intents.post(&format!("{path}/test"), &json!({})).await.expect(200);
    let webhook = receiver.wait_for(2).await.remove(1);
    assert_eq!(webhook.headers["pg-signature"].to_str().unwrap().matches("v1=").count(), 1);
    let changed = intents
        .post(&path, &json!({"enabled_events": ["charge.*"], "description": "mine", "metadata": {"a": "b"}}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["enabled_events"], &changed["description"], &changed["metadata"]["a"]),
        (&json!(["charge.*"]), &json!("mine"), &json!("b"))
    );
    intents.post(&path, &json!({"enabled_events": ["nothing.*"]})).await.expect(400);
    intents.post(&path, &json!({"url": "ftp://x"})).await.expect(400);
}
