//! The rate limit and its headers.

use super::*;

#[tokio::test]
async fn every_answer_tells_where_the_caller_stands_in_its_minute() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let id = direct.post("/payments", &sample()).await.expect(200)["id"].clone();
    let id = id.as_str().unwrap();
    let refund = format!("/payments/{id}/refund");
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    let answers = [
        direct.get(&format!("/payments/{id}")).await,
        direct.get("/transactions").await,
        direct.get("/payments/pay_1").await,
        direct.post("/payments", &json!({})).await,
        direct.post(&refund, &json!({"amount": 1})).await,
        direct.post(&refund, &json!({"amount": 0})).await,
        direct.with_key(&reader).post("/payments", &sample()).await,
        direct.get("/nothing").await,
        direct.delete("/payments").await,
        direct.with_key(&reader).get("/nothing").await,
        direct.post("/auth/token", &credentials(&cloud, &cloud.key())).await,
    ];
    tollgate_tests::stands(&answers, 500, 498);
    // A caller that is known may be refused: an access token gets no other one.
    let token = answers.last().unwrap().json()["access_token"].clone();
    let refused = direct.post("/auth/token", &credentials(&cloud, token.as_str().unwrap())).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    tollgate_tests::stands(&[refused], 500, 487);
    // Who is not known stands nowhere.
    for path in ["/transactions", "/nothing"] {
        for key in ["sk_test_wrong", ""] {
            let nobody = direct.with_key(key).get(path).await;
            let status = if path == "/nothing" { 404 } else { 401 };
            assert_eq!((nobody.status.as_u16(), nobody.header("x-ratelimit-limit")), (status, ""));
        }
    }
    // One too many, of a path that there is not either.
    cloud.use_up_tenant(cloud.demo_scope()).await;
    for path in ["/transactions", "/nothing"] {
        let limited = direct.get(path).await;
        error(&limited, 429, "rate_limit_error", "too_many_requests", None);
        tollgate_tests::stands(std::slice::from_ref(&limited), 500, 0);
        assert!(limited.header("retry-after").parse::<u32>().unwrap() > 0);
    }
}

#[tokio::test]
async fn a_standard_merchant_has_a_hundred_requests_for_all_its_keys_together() {
    let cloud = Cloud::start().await;
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Standard", Tier::Sandbox).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let new = tollgate_gateway::NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        clients.push(cloud.client("direct").with_key(&admin.create_key(new).await.unwrap().secret));
    }
    for n in 0..100 {
        let answer = clients[n % 2].get("/payments/pay_1").await;
        assert_eq!(answer.status.as_u16(), 404, "{n}");
        assert_eq!(answer.header("x-ratelimit-remaining"), (99 - n).to_string());
    }
    let answer = clients[0].get("/payments/pay_1").await;
    error(&answer, 429, "rate_limit_error", "too_many_requests", None);
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("100", "0"));
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((wait - tollgate_tests::reset_in(&answer)).abs() <= 2, "{wait}");
    // Another front door has its own window.
    clients[0].get("/payments/pay_1").await.expect(429);
    Client::new(cloud.api("charges"), &cloud.key()).get("/health").await.expect(200);
}
