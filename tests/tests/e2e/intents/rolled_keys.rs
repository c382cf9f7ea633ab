//! API keys: made, rolled, revoked, and how fast they may ask.

use tollgate_tests::dynamodb::{ask, s};

use super::*;

#[tokio::test]
async fn keys_are_made_with_less_rolled_with_an_overlap_and_revoked() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let account = intents.get("/account").await.expect(200);
    assert_eq!(
        (&account["object"], &account["business_profile"]["name"]),
        (&json!("account"), &json!("Demo merchant"))
    );
    let made = intents
        .post("/api_keys", &json!({"scopes": ["payments:read", "api_keys:read", "api_keys:write"]}))
        .await
        .expect(201);
    let small = intents.with_key(made["secret"].as_str().unwrap());
    small.get("/payment_intents").await.expect(200);
    small.post("/customers", &json!({})).await.expect(403);
    // A key makes none that may do more than itself.
    small.post("/api_keys", &json!({"scopes": ["customers:write"]})).await.expect(403);
    let path = format!("/api_keys/{}", made["id"].as_str().unwrap());
    let rolled = intents.post(&format!("{path}/roll"), &json!({})).await.expect(200);
    assert_eq!(rolled["scopes"], made["scopes"]);
    let next = intents.with_key(rolled["secret"].as_str().unwrap());
    next.get("/payment_intents").await.expect(200);
    small.get("/payment_intents").await.expect(200);
    intents.post(&format!("{path}/roll"), &json!({"expires_in": 0})).await.expect(200);
    small.get("/payment_intents").await.expect(401);
    let id = rolled["id"].as_str().unwrap();
    intents.delete(&format!("/api_keys/{id}")).await.expect(200);
    next.get("/payment_intents").await.expect(401);
    let listed = intents.get("/api_keys").await.expect(200);
    let found = listed["data"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    assert!(found["revoked_at"].is_i64() && found.get("secret").is_none());
    intents.delete("/api_keys/key_x").await.expect(404);
    // A retry that made a key which is revoked by now is not told its text again.
    let once = intents.post_once("/api_keys", "k", &json!({})).await.expect(201);
    let path = format!("/api_keys/{}", once["id"].as_str().unwrap());
    intents.delete(&path).await.expect(200);
    intents.post_once("/api_keys", "k", &json!({})).await.expect(404);
    let live = intents.with_key(&cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await);
    assert_eq!(live.get("/api_keys").await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_roll_that_died_after_it_ended_the_old_key_is_told_the_new_one() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let made = intents.post("/api_keys", &json!({})).await.expect(201);
    let path = format!("/api_keys/{}/roll", made["id"].as_str().unwrap());
    let at_once = json!({"expires_in": 0});
    let rolled = intents.post_once(&path, "roll", &at_once).await.expect(200);
    // As if it had died before its answer was recorded.
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let items = ask(url, "Scan", &json!({"TableName": "tollgate-events"})).await["Items"].clone();
    for item in items.as_array().unwrap().iter().filter(|item| item["t"] == s("RUN")) {
        let key = json!({"TableName": "tollgate-events", "Key": {"pk": item["pk"], "sk": item["sk"]}});
        ask(url, "DeleteItem", &key).await;
    }
    let again = intents.post_once(&path, "roll", &at_once).await.expect(200);
    assert_eq!((&again["id"], &again["secret"]), (&rolled["id"], &rolled["secret"]));
    // Another request has made no key, and the old one has ended.
    let other = intents.post_once(&path, "other", &at_once).await.expect(400);
    assert_eq!(other["error"]["code"], "api_key_ended");
}

#[tokio::test]
async fn a_burst_beyond_the_tiers_is_refused_and_passes_a_moment_later() {
    let cloud = Cloud::start().await;
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Small", tollgate_domain::Tier::Sandbox).await.unwrap();
    let new = tollgate_gateway::NewKey {
        merchant: merchant.id,
        mode: Mode::Test,
        kind: KeyKind::Secret,
        scopes: Permission::ALL.to_vec(),
    };
    let key = admin.create_key(new).await.unwrap().secret;
    let intents = cloud.intents().with_key(&key);
    intents.get("/payment_intents").await.expect(200);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let intents = intents.clone();
        tasks.spawn(async move { intents.get("/payment_intents").await });
    }
    let answers = tasks.join_all().await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && refused.len() < 60, "{} of 60", refused.len());
    let error = &refused[0].json()["error"];
    assert_eq!(
        (&error["type"], &error["message"], &error["retry_after"]),
        (&json!("rate_limit_exceeded"), &json!("Too many requests."), &json!(1))
    );
    // The limit of the minute is told as before, and was not used up by what was refused.
    assert_eq!(refused[0].header("x-ratelimit-limit"), "100");
    eventually("it passes again", || async {
        (intents.get("/payment_intents").await.status == 200).then_some(())
    })
    .await;
}
