//! Credentials, scopes and the merchant's rate limit.

use super::*;

#[tokio::test]
async fn a_key_without_the_right_is_forbidden_in_the_documented_shape() {
    let cloud = Cloud::start().await;
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    let reader = cloud.client_of("checkout", &reader);
    assert_eq!(
        failed(&reader.post("/payments/initialize", &order("forbidden")).await, 403),
        "The API key lacks the scope payments:write. Use a key that has it."
    );
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let page = cloud.client_of("checkout", publishable);
    assert_eq!(
        failed(&page.get("/payments/x/status").await, 403),
        "A publishable key may not do this. Use a secret key (sk_…) from your server."
    );
}

#[tokio::test]
async fn every_answer_tells_where_the_merchant_stands_in_its_minute() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let first = checkout.post("/payments/initialize", &order("stands")).await;
    let reference = first.json()["transaction_reference"].as_str().unwrap().to_owned();
    let answers = [
        first,
        checkout.get(&format!("/payments/{reference}/status")).await,
        checkout.get("/payments/x/status").await,
        checkout.post("/payments/initialize", &json!({})).await,
        checkout.post(&format!("/payments/{reference}/refund"), &json!({})).await,
    ];
    tollgate_tests::stands(&answers, 100, 99);
}

#[tokio::test]
async fn both_credentials_are_needed_and_a_merchant_has_a_hundred_requests() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let account = cloud.ready["credentials"]["api_key"].as_str().unwrap();
    let url = format!("{}/payments/550e8400-e29b-41d4-a716-446655440000/status", cloud.api("checkout"));
    let http = browser();
    for request in [
        http.get(&url),
        http.get(&url).header("X-Api-Key", account),
        http.get(&url).header("X-Api-Secret", cloud.key()),
        http.get(&url).header("X-Api-Key", account).header("X-Api-Secret", "sk_test_wrong"),
        http.get(&url).header("X-Api-Key", "someone").header("X-Api-Secret", cloud.key()),
        http.get(&url).bearer_auth(cloud.key()),
    ] {
        assert_eq!(failed(&Client::send(request).await, 401), "Invalid API credentials");
    }
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Other", Tier::Growth).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let new = tollgate_gateway::NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        let key = admin.create_key(new).await.unwrap();
        clients.push((checkout.with_key(&key.secret).with_account(&merchant.id.to_string()), key.key.id));
    }
    // A merchant without an account with the processor, and nothing of another merchant's.
    let refused = clients[0].0.post("/payments/initialize", &order("x")).await.expect(422);
    assert_eq!(
        refused["errors"],
        json!({"payment_provider": ["The payment provider field must be one that the merchant account is configured for."]})
    );
    let (reference, _) = initialized(&cloud, &order("mine")).await;
    let theirs = clients[0].0.get(&format!("/payments/{reference}/status")).await;
    assert_eq!(failed(&theirs, 404), "Transaction not found");
    for n in 0..98 {
        let answer = clients[n % 2].0.get("/payments/x/status").await;
        assert_eq!(answer.status.as_u16(), 404, "{n}");
    }
    let answer = clients[1].0.get("/payments/x/status").await;
    let message = failed(&answer, 429);
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert_eq!(message, format!("More than 100 requests in a minute. Retry in {wait} seconds."));
    assert!((wait - tollgate_tests::reset_in(&answer)).abs() <= 2, "{wait}");
    admin.revoke_key(merchant.id, clients[0].1).await.unwrap();
    assert_eq!(failed(&clients[0].0.get("/payments/x/status").await, 401), "Invalid API credentials");
}
