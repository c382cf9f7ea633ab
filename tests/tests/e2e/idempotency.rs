//! Idempotency keys: one thing for each, whoever retries how often.

use serde_json::json;
use tollgate_tests::{Cloud, eventually};

use crate::payment;

#[tokio::test]
async fn a_hundred_concurrent_creates_with_one_key_are_one_payment_and_one_event() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let charges = charges.clone();
        tasks.spawn(async move {
            charges
                .post_once("/payments", "race", &payment("tok_visa_4242", 4200))
                .await
        });
    }
    let answers = tasks.join_all().await;
    let made: Vec<_> = answers.iter().filter(|a| a.status == 201).collect();
    assert!(made.iter().all(|answer| answer.text == made[0].text));
    assert_eq!(
        made.iter()
            .filter(|answer| answer.header("idempotent-replayed").is_empty())
            .count(),
        1
    );
    for other in answers.iter().filter(|answer| answer.status != 201) {
        other.charges_error(409, "idempotency_error", "key_in_use", Some("Idempotency-Key"));
    }
    let listed = charges.get("/payments").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    // A later payment's event comes after whatever the hundred made.
    let later = charges
        .post("/payments", &payment("tok_visa_4242", 777))
        .await
        .expect(201);
    let inbox = eventually("the later event", || async {
        let inbox = cloud.inbox().await;
        inbox
            .iter()
            .any(|w| w["body"]["data"]["object"]["id"] == later["id"])
            .then_some(inbox)
    })
    .await;
    let id = &listed["data"][0]["id"];
    let events = inbox
        .iter()
        .filter(|w| &w["body"]["data"]["object"]["id"] == id)
        .count();
    assert_eq!(events, 1);
}

#[tokio::test]
async fn a_replay_is_byte_for_byte_whatever_happened_since() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let body = payment("tok_visa_4242", 4200);
    let first = charges.post_once("/payments", "order-1", &body).await;
    let id = first.expect(201)["id"].as_str().unwrap().to_owned();
    charges
        .post("/refunds", &json!({"payment_id": id, "amount": 4200}))
        .await
        .expect(201);
    let again = charges.post_once("/payments", "order-1", &body).await;
    assert_eq!(
        (again.status.as_u16(), again.header("idempotent-replayed")),
        (201, "true")
    );
    assert_eq!(again.text, first.text);
    // The same request spelled otherwise is the same request.
    let spelled = charges
        .request(reqwest::Method::POST, "/payments")
        .header("Idempotency-Key", "order-1")
        .body(r#"{ "source": {"token":"tok_visa_4242","type":"card"}, "currency":"GBP", "amount": 4200 }"#);
    assert_eq!(tollgate_tests::Client::send(spelled).await.text, first.text);
    let other = charges
        .post_once("/payments", "order-1", &payment("tok_visa_4242", 4201))
        .await;
    other.charges_error(409, "idempotency_error", "key_reused", Some("Idempotency-Key"));

    let declined = charges
        .post_once("/payments", "order-2", &payment("tok_visa_0002", 4200))
        .await;
    declined.expect(402);
    let again = charges
        .post_once("/payments", "order-2", &payment("tok_visa_0002", 4200))
        .await;
    assert_eq!((again.status.as_u16(), again.text), (402, declined.text.clone()));
    assert_eq!(
        charges.get("/payments").await.expect(200)["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn customers_and_refunds_replay_too_and_keys_are_told_apart_by_route() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let customer = charges
        .post_once("/customers", "k", &json!({"name": "Ann"}))
        .await;
    let id = customer.expect(201)["id"].as_str().unwrap().to_owned();
    charges
        .patch(
            &format!("/customers/{id}"),
            &json!({"name": "Bob", "metadata": {"a": 1}}),
        )
        .await
        .expect(200);
    assert_eq!(
        charges
            .post_once("/customers", "k", &json!({"name": "Ann"}))
            .await
            .text,
        customer.text
    );
    let paid = charges
        .post_once("/payments", "k", &payment("tok_visa_4242", 1000))
        .await
        .expect(201);
    let body = json!({"payment_id": paid["id"], "amount": 1000});
    let refund = charges.post_once("/refunds", "k", &body).await;
    refund.expect(201);
    let again = charges.post_once("/refunds", "k", &body).await;
    assert_eq!(
        (again.header("idempotent-replayed"), &again.text),
        ("true", &refund.text)
    );
    let other = charges
        .post_once("/refunds", "k", &json!({"payment_id": paid["id"], "amount": 1}))
        .await;
    other.charges_error(409, "idempotency_error", "key_reused", Some("Idempotency-Key"));
    let bad = charges
        .post_once("/customers", &"x".repeat(256), &json!({}))
        .await;
    bad.charges_error(
        400,
        "invalid_request_error",
        "invalid_idempotency_key",
        Some("Idempotency-Key"),
    );
    // A header that is not text is refused, not taken for no header: the caller counts on it.
    let garbled = charges
        .request(reqwest::Method::POST, "/customers")
        .header(
            "Idempotency-Key",
            reqwest::header::HeaderValue::from_bytes(b"k\xe9y").unwrap(),
        )
        .json(&json!({}));
    let refused = tollgate_tests::Client::send(garbled).await;
    refused.charges_error(
        400,
        "invalid_request_error",
        "invalid_idempotency_key",
        Some("Idempotency-Key"),
    );
}
