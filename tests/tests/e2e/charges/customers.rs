//! Customers: create, retrieve, update, list, delete.

use serde_json::json;
use tollgate_tests::Cloud;

#[tokio::test]
async fn a_customer_is_made_read_changed_and_deleted() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let sent = json!({
        "email": "dev@example.com", "name": "Dev User", "phone": "+44 7700 900123",
        "metadata": {"user_id": "12345", "plan": "premium"},
    });
    let made = charges.post("/customers", &sent).await.expect(201);
    let fields: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "email", "name", "phone", "created", "updated", "metadata"]);
    for field in ["email", "name", "phone", "metadata"] {
        assert_eq!(made[field], sent[field]);
    }
    assert_eq!(made["created"], made["updated"]);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("cus_"));
    let path = format!("/customers/{id}");
    assert_eq!(charges.get(&path).await.expect(200), made);

    let change =
        json!({"name": "New Name", "phone": null, "metadata": {"plan": null, "seats": 3, "vip": true}});
    let changed = charges.patch(&path, &change).await.expect(200);
    assert_eq!(changed["name"], "New Name");
    assert_eq!(changed["phone"], json!(null));
    assert_eq!(changed["email"], sent["email"]);
    assert_eq!(changed["metadata"], json!({"user_id": "12345", "seats": 3, "vip": true}));
    assert_eq!(charges.get(&path).await.expect(200), changed);

    let gone = charges.delete(&path).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    let missing = ("resource_missing", "customer_not_found", Some("id"));
    charges.get(&path).await.charges_error(404, missing.0, missing.1, missing.2);
    charges.patch(&path, &json!({"name": "x"})).await.charges_error(404, missing.0, missing.1, missing.2);
    charges.delete(&path).await.charges_error(404, missing.0, missing.1, missing.2);
    assert_eq!(charges.get("/customers").await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn a_deleted_customers_data_is_gone_and_its_payments_stay() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let customer = charges
        .post_once("/customers", "k", &json!({"email": "secret.person@example.com"}))
        .await
        .expect(201);
    let id = customer["id"].as_str().unwrap();
    let mut body = crate::payment("tok_visa_4242", 1000);
    body["customer_id"] = json!(id);
    let payment = charges.post_once("/payments", "p", &body).await.expect(201);
    charges.delete(&format!("/customers/{id}")).await.expect(204);
    // The payment stays; a retry of its create, too, although its customer is gone.
    charges.get(&format!("/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    let replay = charges.post_once("/payments", "p", &body).await;
    assert_eq!(replay.expect(201), payment);
    charges.post("/payments", &body).await.charges_error(
        404,
        "resource_missing",
        "customer_not_found",
        Some("customer_id"),
    );
    // Nothing can be replayed of the customer's own create.
    let again = charges.post_once("/customers", "k", &json!({"email": "secret.person@example.com"})).await;
    again.charges_error(404, "resource_missing", "customer_not_found", Some("id"));
}

#[tokio::test]
async fn an_empty_customer_is_a_customer() {
    let cloud = Cloud::start().await;
    let made = cloud.charges().post("/customers", &json!({})).await.expect(201);
    assert_eq!((&made["email"], &made["metadata"]), (&json!(null), &json!({})));
}

#[tokio::test]
async fn a_customer_of_intents_and_a_new_intent_have_their_fields() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let body = json!({"email": "a@example.com", "name": "Ada", "phone": "+44 1", "metadata": {"k": "v"}});
    let made = intents.post("/customers", &body).await.expect(201);
    let shown = intents.get(&format!("/customers/{}", made["id"].as_str().unwrap())).await;
    let shown = shown.expect(200);
    assert_eq!(shown, made);
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(shown["object"], "customer");
    let listed = intents.get("/customers?limit=1").await.expect(200);
    assert_eq!(listed["data"][0], made);
    let shown = cloud.charges().get("/customers?limit=1").await.expect(200)["data"][0].clone();
    let fields: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "email", "name", "phone", "created", "updated", "metadata"]);
    // Upper case is as good, and is printed lower case.
    let before = tollgate_gateway::Clock::now(&tollgate_gateway::SystemClock).s();
    let intent = json!({"amount": 1000, "currency": "EUR"});
    let intent = intents.post("/payment_intents", &intent).await.expect(201);
    assert_eq!(intent["currency"], "eur");
    let created = intent["created"].as_i64().unwrap();
    assert!((before..before + 60).contains(&created), "{created}, after {before}");
}
