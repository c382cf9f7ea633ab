//! `POST /v1/auth/token`.

use super::*;

#[tokio::test]
async fn a_key_is_exchanged_for_a_token() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    let credentials = |field: &str| cloud.ready["credentials"][field].clone();
    let (client_id, client_secret) = (credentials("client_id"), credentials("client_secret"));
    let publishable = credentials("publishable_key");
    for (title, body) in [
        ("a token", json!({"client_id": client_id, "client_secret": client_secret})),
        ("nothing", json!({})),
        ("no secret", json!({"client_id": client_id})),
        ("a wrong secret", json!({"client_id": client_id, "client_secret": "sk_test_wrong"})),
        (
            "another merchant's id",
            json!({"client_id": "1111111111111111111111", "client_secret": client_secret}),
        ),
        ("a publishable key", json!({"client_id": client_id, "client_secret": publishable})),
        ("a secret that is a number", json!({"client_id": client_id, "client_secret": 1})),
    ] {
        direct.post(title, "/auth/token", &body).await;
    }
    assert_snapshot!(direct.text());
}
