//! Bad input of every kind: a clear 4xx that names the parameter, never a 5xx, and nothing is written.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud};

use crate::payment;

const INVALID: &str = "invalid_request_error";

#[tokio::test]
async fn a_body_that_is_no_json_object_is_told_where() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let sent = |body: Vec<u8>| {
        let request = charges.request(Method::POST, "/payments").header("content-type", "application/json");
        Client::send(request.body(body))
    };
    let bad = sent(b"{\"amount\": 1234,\n \"currency\" \"GBP\"}".to_vec()).await;
    let error = bad.charges_error(400, INVALID, "invalid_json", None);
    assert!(error["message"].as_str().unwrap().contains("line 2 column"), "{error}");
    for body in [
        &b"nonsense"[..],
        b"[]",
        b"5",
        b"\"x\"",
        b"null",
        b"{\"amount\":1e999}",
        b"{\"a\":\"\xff\xfe\"}",
        b"{",
    ] {
        sent(body.to_vec()).await.charges_error(400, INVALID, "invalid_json", None);
    }
    sent(b"[".repeat(5000)).await.charges_error(400, INVALID, "invalid_json", None);
    sent(Vec::new()).await.charges_error(400, INVALID, "missing_param", Some("amount"));
    for size in [300 * 1024, 1024 * 1024] {
        let body = format!("{{\"description\":\"{}\"}}", "x".repeat(size));
        sent(body.into_bytes()).await.charges_error(413, INVALID, "request_too_large", None);
    }
    assert_eq!(charges.get("/payments").await.expect(200)["data"], json!([]));
}

/// The valid payment with one thing changed; the change is a path and a value, `null` at the top removes it.
fn changed(path: &[&str], value: Value) -> Value {
    let mut body = payment("tok_visa_4242", 1000);
    let mut place = &mut body;
    for step in path {
        place = &mut place[*step];
    }
    *place = value;
    body
}

/// A path into the valid payment, what to put there, and the code and parameter of the error that it gets.
type Case = (&'static [&'static str], Value, &'static str, &'static str);

fn wrong_payments() -> Vec<Case> {
    let many_keys: Value =
        (0..51).map(|n| (format!("k{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let long = "x".repeat(1001);
    let bank = |account: Value| json!({"type": "bank_transfer", "bank_account": account});
    vec![
        (&["amount"], json!(null), "missing_param", "amount"),
        (&["amount"], json!("1000"), "invalid_param", "amount"),
        (&["amount"], json!(10.5), "invalid_param", "amount"),
        (&["amount"], json!(-1000), "amount_too_small", "amount"),
        (&["amount"], json!(0), "amount_too_small", "amount"),
        (&["amount"], json!(i64::MAX), "amount_too_large", "amount"),
        (&["amount"], json!(u64::MAX), "invalid_param", "amount"),
        (&["amount"], json!({}), "invalid_param", "amount"),
        (&["currency"], json!(null), "missing_param", "currency"),
        (&["currency"], json!("XYZ"), "invalid_currency", "currency"),
        (&["currency"], json!("POUNDS"), "invalid_currency", "currency"),
        (&["currency"], json!(826), "invalid_param", "currency"),
        (&["currency"], json!("G\u{0}P"), "invalid_param", "currency"),
        (&["source"], json!(null), "missing_param", "source"),
        (&["source"], json!("tok_visa_4242"), "invalid_param", "source"),
        (&["source", "type"], json!(null), "missing_param", "source.type"),
        (&["source", "type"], json!("cash"), "invalid_param", "source.type"),
        (&["source", "token"], json!(null), "missing_param", "source.token"),
        (&["source", "token"], json!(""), "invalid_param", "source.token"),
        (&["source", "token"], json!(4_242_424_242_424_242_i64), "invalid_param", "source.token"),
        (&["source", "token"], json!("4242424242424242"), "invalid_token", "source.token"),
        (&["source", "token"], json!("tok_visa_4242\u{0}"), "invalid_param", "source.token"),
        (&["source", "cvc"], json!("123"), "unknown_param", "source.cvc"),
        (&["source"], bank(json!(null)), "missing_param", "source.bank_account"),
        (&["source"], bank(json!({})), "missing_param", "source.bank_account.account_number"),
        (
            &["source"],
            bank(json!({"account_number": "12", "sort_code": "123456", "account_holder_name": "x"})),
            "invalid_param",
            "source.bank_account.account_number",
        ),
        (
            &["source"],
            bank(json!({"account_number": "12345678", "sort_code": "1-2-3", "account_holder_name": "x"})),
            "invalid_param",
            "source.bank_account.sort_code",
        ),
        (&["description"], json!(5), "invalid_param", "description"),
        (&["description"], json!(long), "invalid_param", "description"),
        (&["description"], json!("a\u{0}b"), "invalid_param", "description"),
        (&["metadata"], json!("x"), "invalid_metadata", "metadata"),
        (&["metadata"], many_keys, "too_many_metadata_keys", "metadata"),
        (&["metadata"], json!({"a": {}}), "invalid_metadata", "metadata.a"),
        (&["metadata"], json!({"a": null}), "invalid_metadata", "metadata.a"),
        (&["metadata"], json!({"a": "b\u{0}"}), "invalid_metadata", "metadata.a"),
        (&["metadata"], json!({"a": 9_007_199_254_740_993_i64}), "invalid_metadata", "metadata.a"),
        (&["amout"], json!(5), "unknown_param", "amout"),
    ]
}

#[tokio::test]
async fn every_wrong_parameter_of_a_payment_is_named() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    for (path, value, code, param) in wrong_payments() {
        let body = changed(path, value);
        let refused = charges.post("/payments", &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text);
        refused.charges_error(400, INVALID, code, Some(param));
    }
    let unknown = charges.post("/payments", &changed(&["customer_id"], json!("cus_123"))).await;
    unknown.charges_error(404, "resource_missing", "customer_not_found", Some("customer_id"));
    assert_eq!(charges.get("/payments").await.expect(200)["data"], json!([]));
    let logged = cloud.log.lock().unwrap().join("\n");
    assert!(!logged.contains("4242424242424242"));
}

#[tokio::test]
async fn every_wrong_parameter_of_a_customer_is_named() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let existing = charges.post("/customers", &json!({})).await.expect(201);
    let path = format!("/customers/{}", existing["id"].as_str().unwrap());
    for (body, code, param) in [
        (json!({"email": "not an address"}), "invalid_email", "email"),
        (json!({"email": 5}), "invalid_param", "email"),
        (json!({"name": "x".repeat(257)}), "invalid_param", "name"),
        (json!({"phone": "1".repeat(33)}), "invalid_param", "phone"),
        (json!({"name": ["x"]}), "invalid_param", "name"),
        (json!({"metadata": []}), "invalid_metadata", "metadata"),
        (json!({"surname": "x"}), "unknown_param", "surname"),
        (json!({"id": "cus_1"}), "unknown_param", "id"),
    ] {
        charges.post("/customers", &body).await.charges_error(400, INVALID, code, Some(param));
        charges.patch(&path, &body).await.charges_error(400, INVALID, code, Some(param));
    }
    assert_eq!(charges.get("/customers").await.expect(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(charges.get(&path).await.expect(200), existing);
    for id in ["cus_123", "x", "%00", "cus_%2e%2e", "cus_%3Fx=1", &"y".repeat(2000)] {
        charges.get(&format!("/customers/{id}")).await.charges_error(
            404,
            "resource_missing",
            "customer_not_found",
            Some("id"),
        );
    }
    // API Gateway decodes a slash, so this is a path of more segments.
    let deeper = charges.get("/customers/cus_%2e%2e%2f").await.expect(404);
    assert_eq!(deeper["error"]["code"], "route_not_found");
}
