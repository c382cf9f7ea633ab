//! Access tokens.

use super::*;

#[tokio::test]
async fn an_access_token_is_good_wherever_its_key_is_and_ends_with_it() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let credentials = &cloud.ready["credentials"];
    let body = json!({"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]});
    let nobody = direct.with_key("");
    let answer = nobody.post("/auth/token", &body).await.expect(200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let token = answer["access_token"].as_str().unwrap();
    let by_token = direct.with_key(token);
    assert_eq!(by_token.post("/payments", &sample()).await.expect(200)["status"], "succeeded");
    cloud.charges().with_key(token).get("/payments").await.expect(200);
    cloud.client("simple").with_key(token).get("/payments/pay_1").await.expect(404);
    cloud.intents().with_key(token).get("/webhook_endpoints").await.expect(200);
    // Wrong ones.
    for (id, secret) in [
        (credentials["client_id"].clone(), json!("sk_test_wrong")),
        (json!("someone"), credentials["client_secret"].clone()),
        (credentials["client_id"].clone(), json!(token)),
        (credentials["client_id"].clone(), credentials["publishable_key"].clone()),
    ] {
        let answer = nobody.post("/auth/token", &json!({"client_id": id, "client_secret": secret})).await;
        assert!(matches!(answer.status.as_u16(), 401 | 403), "{}", answer.text);
    }
    let missing = nobody.post("/auth/token", &json!({"client_id": "x"})).await;
    error(&missing, 400, "invalid_request_error", "missing_param", Some("client_secret"));
    let forged = direct.with_key(&format!("{}x", &token[..token.len() - 1]));
    error(&forged.get("/transactions").await, 401, "authentication_error", "invalid_api_key", None);
    // Revoking the key revokes its tokens.
    let admin = cloud.admin();
    let merchant = credentials["client_id"].as_str().unwrap().parse().unwrap();
    let keys = admin.list_keys(merchant).await.unwrap();
    let secret = keys.iter().find(|key| key.kind == KeyKind::Secret).unwrap();
    admin.revoke_key(merchant, secret.id).await.unwrap();
    error(&by_token.get("/transactions").await, 401, "authentication_error", "invalid_api_key", None);
}
