//! A tenant cannot see, change or refer to another tenant's resources.

use serde_json::json;
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_tests::{Answer, Cloud};

use crate::payment;

#[track_caller]
fn missing(answer: &Answer, code: &str, param: &str) {
    answer.charges_error(404, "resource_missing", code, Some(param));
}

#[tokio::test]
async fn another_merchants_key_and_the_same_merchants_live_key_find_nothing() {
    let cloud = Cloud::start().await;
    let (charges, intents) = (cloud.charges(), cloud.intents());
    let customer = charges.post("/customers", &json!({"name": "Mine"})).await.expect(201)["id"].clone();
    let paid = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201)["id"].clone();
    let waiting = charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201)["id"].clone();
    let refund =
        charges.post("/refunds", &json!({"payment_id": paid, "amount": 1})).await.expect(201)["id"].clone();
    let endpoint = intents.post_form("/webhook_endpoints", "url=https://example.com/hook").await.expect(201)
        ["id"]
        .clone();
    let text = |id: &serde_json::Value| id.as_str().unwrap().to_owned();

    let others = [
        cloud.other_merchants_key().await,
        cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await,
    ];
    for key in others {
        let (charges, intents) = (charges.with_key(&key), intents.with_key(&key));
        let path = format!("/customers/{}", text(&customer));
        missing(&charges.get(&path).await, "customer_not_found", "id");
        missing(&charges.patch(&path, &json!({"name": "Theirs"})).await, "customer_not_found", "id");
        missing(&charges.delete(&path).await, "customer_not_found", "id");
        missing(&charges.get(&format!("/payments/{}", text(&paid))).await, "payment_not_found", "id");
        let confirm = json!({"return_url": "https://evil.example/"});
        missing(
            &charges.post(&format!("/payments/{}/confirm", text(&waiting)), &confirm).await,
            "payment_not_found",
            "id",
        );
        missing(
            &charges.post("/refunds", &json!({"payment_id": paid})).await,
            "payment_not_found",
            "payment_id",
        );
        missing(&charges.get(&format!("/refunds/{}", text(&refund))).await, "refund_not_found", "id");
        let path = format!("/webhook_endpoints/{}", text(&endpoint));
        assert_eq!(intents.get(&path).await.expect(404)["error"]["code"], "resource_missing");
        assert_eq!(intents.delete(&path).await.status, 404);
        for list in ["/customers", "/payments", "/refunds"] {
            assert_eq!(charges.get(list).await.expect(200)["data"], json!([]), "{list}");
        }
        let cursor = charges.get(&format!("/payments?starting_after={}", text(&paid))).await;
        cursor.charges_error(400, "invalid_request_error", "invalid_cursor", Some("starting_after"));
        assert_eq!(
            charges.get(&format!("/refunds?payment_id={}", text(&paid))).await.expect(200)["data"],
            json!([])
        );
    }
    assert_eq!(charges.get(&format!("/customers/{}", text(&customer))).await.expect(200)["name"], "Mine");
}
