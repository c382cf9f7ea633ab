//! Endpoints: where they may lead, what they hear, and when they are paused.

use super::*;

#[tokio::test]
async fn live_endpoints_lead_to_the_public_internet_alone() {
    let cloud = Cloud::start().await;
    let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
    let live = cloud.intents().with_key(&live);
    for url in [
        "http://example.com/hooks",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://172.16.0.1/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://user:pass@example.com/",
        "ftp://example.com/",
        "not a url",
    ] {
        let refused = live.post("/webhook_endpoints", &json!({"url": url})).await;
        assert_eq!(refused.expect(400)["error"]["param"], "url", "{url}");
    }
    // This machine's own name, where that resolves to an address of our network.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let found = std::net::ToSocketAddrs::to_socket_addrs(&(name.trim(), 443));
    if found.is_ok_and(|mut found| found.any(|address| !tollgate_webhooks::is_public(address.ip()))) {
        let own = json!({"url": format!("https://{}/", name.trim())});
        let refused = live.post("/webhook_endpoints", &own).await.expect(400);
        assert_eq!(refused["error"]["param"], "url");
    }
    live.post("/webhook_endpoints", &json!({"url": "https://example.com/hooks"})).await.expect(201);
    let all = live.get("/webhook_endpoints").await.expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "nothing else was written");
}

#[tokio::test]
async fn endpoints_hear_of_each_other_and_never_of_secrets() {
    let cloud = Cloud::start().await;
    let (intents, ears, gone) = (cloud.intents(), Receiver::start(&[]), Receiver::start(&[410]));
    endpoint(&cloud, &json!({"url": ears.url, "enabled_events": ["webhook_endpoint.*"]})).await;
    let watched =
        json!({"url": gone.url, "enabled_events": ["payment_intent.succeeded"], "description": "first"});
    let (path, secret) = endpoint(&cloud, &watched).await;
    intents.post(&path, &json!({"description": "second"})).await.expect(200);
    let rolled = intents.post(&format!("{path}/roll_secret"), &json!({})).await;
    let rolled = rolled.expect(200)["secret"].as_str().unwrap().to_owned();
    pay(&cloud, 1000).await;
    // Its answer, 410, switches it off: the merchant is told why.
    let disabled = eventually("it is disabled", || async {
        let now = intents.get(&path).await.expect(200);
        (now["status"] == "disabled").then_some(now)
    })
    .await;
    intents.delete(&path).await.expect(200);
    // Some may come twice; and the local cloud's own endpoint may be told of after this one listens.
    let id = path.trim_start_matches("/webhook_endpoints/");
    let mut heard = eventually("five events are heard of", || async {
        let mut heard = ears.received();
        heard.retain(|webhook| webhook.json()["data"]["object"]["id"] == id);
        heard.sort_by_key(|webhook| webhook.json()["id"].to_string());
        heard.dedup_by_key(|webhook| webhook.json()["id"].to_string());
        (heard.len() == 5).then_some(heard)
    })
    .await;
    heard.sort_by_key(|webhook| {
        let types = ["created", "updated", "updated", "disabled", "deleted"];
        let json = webhook.json();
        let name = json["type"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let is_roll = json["data"]["previous_attributes"] == json!({});
        (types.iter().position(|known| *known == name), is_roll)
    });
    let told: Vec<Value> = heard.iter().map(tollgate_tests::Webhook::json).collect();
    let types: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "webhook_endpoint.created",
            "webhook_endpoint.updated",
            "webhook_endpoint.updated",
            "webhook_endpoint.disabled",
            "webhook_endpoint.deleted"
        ]
    );
    assert!(told.iter().all(|event| event["data"]["object"]["id"] == id));
    assert_eq!(told[1]["data"]["previous_attributes"], json!({"description": "first"}));
    assert_eq!(told[3]["data"]["object"], disabled);
    assert_eq!(disabled["disabled_reason"], "the endpoint answered 410 Gone");
    assert_eq!(told[3]["data"]["previous_attributes"]["status"], "enabled");
    // Nobody asked for that one.
    assert_eq!(told[3]["request"]["id"], Value::Null);
    for webhook in &heard {
        assert!(!webhook.body.contains(&secret) && !webhook.body.contains(&rolled));
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_left_alone_until_its_merchant_says_otherwise() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let (path, _) = listen(&cloud, &receiver).await;
    // As two rounds of attempts without an answer leave it.
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = EndpointId::parse("we_", path.trim_start_matches("/webhook_endpoints/")).unwrap();
    let made: WebhookEndpoint = store.get(tenant, &id.to_string()).await.unwrap().unwrap();
    let now = SystemClock.now();
    let failing = made.after_attempt(Attempted::TimedOut, false, now).unwrap();
    assert_eq!(store.replace(tenant, &failing).await.unwrap(), tollgate_store::Replaced::Done);
    let later = now.plus_ms(endpoint::PAUSE_AFTER_MS);
    let paused = failing.after_attempt(Attempted::TimedOut, false, later).unwrap();
    assert_eq!(store.replace(tenant, &paused).await.unwrap(), tollgate_store::Replaced::Done);
    let until = paused.held_back_until(later).unwrap();
    pay(&cloud, 1000).await;
    let held = eventually("the delivery is held back", || async {
        let list = intents.get(&format!("{path}/deliveries")).await.expect(200);
        let delivery = list["data"].get(0)?.clone();
        (delivery["next_attempt_at"].as_i64()? >= until.s()).then_some(delivery)
    })
    .await;
    assert_eq!((&held["status"], &held["attempts"]), (&json!("pending"), &json!([])));
    let recovered = intents.post(&format!("{path}/recover"), &json!({"since": 0})).await.expect(200);
    assert_eq!(recovered["recovered"], 1);
    receiver.wait_for(1).await;
    let healed: WebhookEndpoint = eventually("it is well again", || async {
        let now: Option<WebhookEndpoint> = store.get(tenant, &id.to_string()).await.unwrap();
        now.filter(|endpoint| endpoint.failing_since.is_none())
    })
    .await;
    assert_eq!(healed.pause, None);
}
