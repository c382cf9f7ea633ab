//! The fields of a request: wrong ones, the smallest amounts, metadata.

use super::*;

#[tokio::test]
async fn every_wrong_field_is_listed_at_once() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let nothing = checkout.post("/payments/initialize", &json!({})).await.expect(422);
    let required = |label: &str| json!([format!("The {label} field is required.")]);
    assert_eq!(
        nothing,
        json!({"success": false, "message": "Validation failed", "errors": {
            "order_id": required("order id"),
            "currency": required("currency"),
            "amount": required("amount"),
            "payment_provider": required("payment provider"),
            "card_number": required("card number"),
            "exp_month": required("exp month"),
            "exp_year": required("exp year"),
            "cvv": required("cvv"),
        }})
    );
    let wrong = with(
        "",
        &json!({
            "amount": "a lot", "currency": "ZZZ", "payment_provider": "cash", "card_number": 4, "exp_month": "1",
            "exp_year": "025", "cvv": [], "customer_email": "nobody", "customer_name": "a\u{0}b",
            "customer_phone": "1".repeat(40), "return_url": "javascript:alert(1)", "cancel_url": "x", "metadata": "x"
        }),
    );
    let body = checkout.post("/payments/initialize", &wrong).await.expect(422);
    let errors = body["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 14, "{body}");
    assert_eq!(errors["payment_provider"][0], "The selected payment provider is invalid.");
    assert_eq!(errors["amount"][0], "The amount field must be a number.");
    assert_eq!(errors["exp_month"][0], "The exp month field must be 2 digits.");
    nothing_is_written(&cloud).await;
}

/// A wrong field, its name, and what is said of it.
fn wrong_fields() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (json!({"amount": 0}), "amount", "The amount field must be at least 0.01."),
        (json!({"amount": -5}), "amount", "The amount field must be at least 0.01."),
        (
            json!({"amount": 1.001}),
            "amount",
            "The amount field must be a number with at most 2 decimal places.",
        ),
        (
            json!({"amount": 10.5, "currency": "JPY"}),
            "amount",
            "The amount field must be a number with at most 0 decimal places.",
        ),
        (json!({"amount": 1_000_000}), "amount", "The amount field must not be greater than 999999.99."),
        // A hundredth is the least in currencies of three decimal places, too.
        (json!({"amount": 0.009, "currency": "KWD"}), "amount", "The amount field must be at least 0.010."),
        (json!({"amount": 0.001, "currency": "TND"}), "amount", "The amount field must be at least 0.010."),
        (json!({"amount": 0.0099, "currency": "CLF"}), "amount", "The amount field must be at least 0.0100."),
        (json!({"amount": 0, "currency": "JPY"}), "amount", "The amount field must be at least 1."),
        (json!({"metadata": ["a"]}), "metadata", "The metadata field must be an object."),
        (
            json!({"metadata": {"x": "y".repeat(8 * 1024)}}),
            "metadata",
            "The metadata field must have at most 8192 bytes.",
        ),
        (
            json!({"card_number": "4111111111111113"}),
            "card_number",
            "The card number field must be a valid card number.",
        ),
        (json!({"exp_month": "13"}), "exp_month", "The exp month field must be between 01 and 12."),
        (json!({"cvv": "1234"}), "cvv", "The cvv field must be 3 digits, or 4 on American Express."),
        (json!({"order_id": ""}), "order_id", "The order id field is required."),
    ]
}

#[tokio::test]
async fn one_wrong_field_is_told_why() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    for (changes, field, message) in wrong_fields() {
        let body = checkout.post("/payments/initialize", &with("wrong", &changes)).await.expect(422);
        assert_eq!(body["errors"], json!({field: [message]}));
    }
    nothing_is_written(&cloud).await;
}

#[tokio::test]
async fn what_is_no_request_and_what_is_not_there_are_told_apart() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let malformed = checkout.request(reqwest::Method::POST, "/payments/initialize").body("{\"order_id\":");
    assert_eq!(
        failed(&Client::send(malformed).await, 400),
        "The request body is not valid JSON: EOF while parsing a value at line 1 column 12."
    );
    let large = with("large", &json!({"metadata": {"x": "y".repeat(300 * 1024)}}));
    failed(&checkout.post("/payments/initialize", &large).await, 413);
    failed(&checkout.get("/nothing").await, 404);
    for reference in ["550e8400-e29b-41d4-a716-446655440000", "x", "pay_1"] {
        let gone = checkout.get(&format!("/payments/{reference}/status")).await;
        assert_eq!(failed(&gone, 404), "Transaction not found");
        let gone = checkout.post(&format!("/payments/{reference}/refund"), &json!({})).await;
        assert_eq!(failed(&gone, 404), "Transaction not found");
    }
    nothing_is_written(&cloud).await;
}

async fn nothing_is_written(cloud: &Cloud) {
    for path in ["/payments", "/customers"] {
        let all = cloud.charges().get(path).await.expect(200);
        assert_eq!(all["data"], json!([]), "{path}");
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_numbers_may_be_texts() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let odd = with("odd", &json!({"amount": "100.50", "colour": "blue", "metadata": {"a": 1}}));
    checkout.post("/payments/initialize", &odd).await.expect(200);
}

#[tokio::test]
async fn a_hundredth_is_the_smallest_amount() {
    let cloud = Cloud::start().await;
    for (amount, currency, shown) in [("0.01", "USD", "0.01"), ("0.01", "KWD", "0.010"), ("1", "JPY", "1")] {
        let changes = json!({"amount": amount, "currency": currency});
        let (reference, _) = initialized(&cloud, &with(currency, &changes)).await;
        let path = format!("/payments/{reference}/status");
        let text = cloud.checkout().get(&path).await.text;
        assert!(text.contains(&format!("\"amount\":{shown},")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_any_object_and_comes_back_as_it_came() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let receiver = tollgate_tests::Receiver::start(&[]);
    let endpoint = json!({"url": receiver.url, "api": "charges", "enabled_events": ["payment.succeeded"]});
    cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201);
    let many: serde_json::Map<String, Value> = (0..60).map(|n| (format!("k{n}"), json!(n))).collect();
    for (n, sent) in [
        json!({"plan": "gold", "seats": 3, "trial": false}),
        json!({"cart": [{"sku": "a-1", "qty": 2}, {"sku": "b-2", "qty": 1, "note": null}], "depth": {"of": {"objects": []}}}),
        json!({"10": "ten", "2": "two", "": "no name", "a\u{0}b": "line\none", "é": "№"}),
        json!({"big": 9_007_199_254_740_991_u64, "float": 0.1, "minus": -1.5e-7, "null": null}),
        json!({"long": "x".repeat(8 * 1024 - 11)}),
        Value::Object(many),
    ]
    .iter()
    .enumerate()
    {
        let (reference, url) = initialized(&cloud, &with(&format!("meta-{n}"), &json!({"metadata": sent}))).await;
        let path = format!("/payments/{reference}/status");
        let text = format!("\"metadata\":{sent}}}");
        let shown = checkout.get(&path).await.text;
        assert!(shown.contains(&text), "{shown}");
        pay(&url).await;
        let shown = checkout.get(&path).await;
        assert_eq!(shown.json()["data"]["status"], "completed");
        assert!(shown.text.contains(&text), "{}", shown.text);
        // The other front doors show it, too.
        let listed = cloud.charges().get("/payments?limit=1").await.expect(200);
        assert_eq!(listed["data"][0]["metadata"], *sent);
    }
    // Every digit is the merchant's.
    let sent = r#"{ "price": 100.00,  "id": 123456789012345678901234567890 }"#;
    let body = order("verbatim").to_string().replacen('{', &format!("{{\"metadata\":{sent},"), 1);
    let request = checkout.request(reqwest::Method::POST, "/payments/initialize");
    let made = Client::send(request.header("content-type", "application/json").body(body)).await;
    let path = format!("/payments/{}/status", made.expect(200)["transaction_reference"].as_str().unwrap());
    let shown = checkout.get(&path).await.text;
    let kept = r#""metadata":{"price":100.00,"id":123456789012345678901234567890}}"#;
    assert!(shown.contains(kept), "{shown}");
    // Without any the answer has the fields of the text and no others.
    for (n, none) in [json!({}), json!({"metadata": null}), json!({"metadata": {}})].iter().enumerate() {
        let (reference, _) = initialized(&cloud, &with(&format!("none-{n}"), none)).await;
        assert_eq!(status(&cloud, &reference).await.as_object().unwrap().len(), 9);
    }
    let told = receiver.wait_for(6).await;
    let nested = told
        .iter()
        .map(tollgate_tests::Webhook::json)
        .find(|event| event["data"]["object"]["metadata"]["cart"].is_array());
    assert_eq!(nested.unwrap()["data"]["object"]["metadata"]["depth"], json!({"of": {"objects": []}}));
}
