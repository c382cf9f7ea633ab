//! Keys, scopes, versions, rate limits and the headers of every answer.

use reqwest::Method;
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{Client, Cloud};

use crate::payment;

#[tokio::test]
async fn every_answer_carries_version_request_id_and_rate_limit() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let health = charges.get("/health").await;
    assert_eq!(health.expect(200), serde_json::json!({"status": "ok", "version": "2025-09-01"}));
    let answers = [
        health,
        charges.get("/payments/pay_none").await,
        charges.get("/customers").await,
        charges.get("/customers?limit=0").await,
        charges.post("/payments", &payment("tok_visa_0002", 900)).await,
    ];
    let now_s = SystemClock.now().s();
    for (answer, remaining) in answers.into_iter().zip((995..1000).rev()) {
        assert_eq!(answer.header("x-api-version"), "2025-09-01");
        assert!(answer.header("x-request-id").starts_with("req_"));
        assert_eq!(answer.header("x-ratelimit-limit"), "1000");
        // Each request costs one token, refused ones too, and the window ends within a minute and a bucket.
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining.to_string());
        let reset: i64 = answer.header("x-ratelimit-reset").parse().unwrap();
        assert!((now_s - 10..=now_s + 70).contains(&reset), "{reset}, now {now_s}");
    }
    let wrong = charges.get("/nonsense").await;
    wrong.charges_error(404, "resource_missing", "route_not_found", None);
    assert_eq!(wrong.header("x-api-version"), "2025-09-01");
    assert!(wrong.header("x-request-id").starts_with("req_"));
    let wrong_method = Client::send(charges.request(Method::PUT, "/payments")).await;
    wrong_method.charges_error(404, "resource_missing", "route_not_found", None);
}

#[tokio::test]
async fn only_a_valid_key_gets_in() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let unknown = charges.with_key("sk_test_unknown").get("/payments").await;
    unknown.charges_error(401, "authentication_error", "invalid_api_key", None);
    let none = reqwest::Client::new().get(format!("{}/payments", cloud.api("charges")));
    Client::send(none).await.charges_error(401, "authentication_error", "invalid_api_key", None);
    let basic = reqwest::Client::new()
        .get(format!("{}/payments", cloud.api("charges")))
        .basic_auth(cloud.key(), None::<&str>);
    Client::send(basic).await.charges_error(401, "authentication_error", "invalid_api_key", None);

    let key = cloud.demo_key(Mode::Test, KeyKind::Secret, Permission::ALL).await;
    charges.with_key(&key).get("/health").await.expect(200);
    let admin = cloud.admin();
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap().parse().unwrap();
    let id = admin.list_keys(merchant).await.unwrap().last().unwrap().id;
    admin.revoke_key(merchant, id).await.unwrap();
    // The function has met the key: what it remembers must not let it in.
    let revoked = charges.with_key(&key).get("/health").await;
    revoked.charges_error(401, "authentication_error", "invalid_api_key", None);
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let cloud = Cloud::start().await;
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    let charges = cloud.charges().with_key(&reader);
    charges.get("/payments").await.expect(200);
    for refused in [
        charges.post("/payments", &payment("tok_visa_4242", 1000)).await,
        charges.post("/refunds", &serde_json::json!({"payment_id": "pay_x"})).await,
        charges.get("/customers").await,
        charges.post("/customers", &serde_json::json!({})).await,
    ] {
        refused.charges_error(403, "permission_error", "scope_missing", None);
    }
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let refused = charges.with_key(publishable).get("/payments").await;
    refused.charges_error(403, "permission_error", "scope_missing", None);
    assert!(cloud.charges().get("/payments").await.expect(200)["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn only_the_one_version_is_served() {
    let cloud = Cloud::start().await;
    let asked = |version: &str| {
        Client::send(cloud.charges().request(Method::GET, "/health").header("X-API-Version", version))
    };
    asked("2025-09-01").await.expect(200);
    asked("2024-01-01").await.charges_error(
        400,
        "invalid_request_error",
        "invalid_api_version",
        Some("X-API-Version"),
    );
}

#[tokio::test]
async fn the_1001st_request_within_a_minute_is_one_too_many_and_a_replay_costs_nothing() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let body = payment("tok_visa_4242", 1000);
    let first = charges.post_once("/payments", "once", &body).await;
    first.expect(201);
    assert_eq!(first.header("x-ratelimit-remaining"), "999");
    let replay = charges.post_once("/payments", "once", &body).await;
    assert_eq!(
        (replay.header("idempotent-replayed"), replay.header("x-ratelimit-remaining")),
        ("true", "999")
    );

    // Eight at a time: as many as there are instances of a function.
    let requests = futures(charges.clone(), 999).await;
    assert!(requests.iter().all(|status| *status == 200), "{requests:?}");
    let refused = charges.get("/health").await;
    refused.charges_error(429, "rate_limit_error", "too_many_requests", None);
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    assert!((1..=70).contains(&refused.header("retry-after").parse::<i64>().unwrap()));
    // A retry of what was done is told so even now.
    let replay = charges.post_once("/payments", "once", &body).await;
    assert_eq!((replay.status.as_u16(), &replay.text), (201, &first.text));
    charges.post_once("/payments", "twice", &body).await.charges_error(
        429,
        "rate_limit_error",
        "too_many_requests",
        None,
    );
    // Another key has its own window.
    let other = cloud.demo_key(Mode::Test, KeyKind::Secret, Permission::ALL).await;
    charges.with_key(&other).get("/health").await.expect(200);
}

async fn futures(charges: Client, count: usize) -> Vec<u16> {
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let charges = charges.clone();
        let share = count / 8 + usize::from(worker < count % 8);
        tasks.spawn(async move {
            let mut statuses = Vec::new();
            for _ in 0..share {
                statuses.push(charges.get("/health").await.status.as_u16());
            }
            statuses
        });
    }
    tasks.join_all().await.concat()
}
