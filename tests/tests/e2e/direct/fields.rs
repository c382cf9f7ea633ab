//! Wrong fields.

use super::*;

/// Bodies that are wrong, each with the code and the parameter of its error.
fn wrong_bodies() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (without("", "amount"), "missing_param", "amount"),
        (with("/amount", json!("5000")), "invalid_param", "amount"),
        (with("/amount", json!(50.5)), "invalid_param", "amount"),
        (with("/amount", json!(-1)), "amount_too_small", "amount"),
        (with("/amount", json!(49)), "amount_too_small", "amount"),
        (with("/amount", json!(100_000_000)), "amount_too_large", "amount"),
        (without("", "currency"), "missing_param", "currency"),
        (with("/currency", json!("ZZZ")), "invalid_currency", "currency"),
        (without("", "payment_method"), "missing_param", "payment_method"),
        (with("/payment_method", json!("cash")), "invalid_param", "payment_method"),
        (with("/customer", json!("x")), "invalid_param", "customer"),
        (without("/customer", "email"), "missing_param", "customer.email"),
        (with("/customer/email", json!("nobody")), "invalid_param", "customer.email"),
        (with("/customer/name", json!("a\u{0}b")), "invalid_param", "customer.name"),
        (with("/card", json!("4242424242424242")), "invalid_param", "card"),
        (without("/card", "number"), "missing_param", "card.number"),
        (number("4242424242424241"), "invalid_number", "card.number"),
        (number("not a number"), "invalid_number", "card.number"),
        (with("/card/number", json!(4_242_424_242_424_242_i64)), "invalid_param", "card.number"),
        (number("9999999999999995"), "unsupported_card", "card.number"),
        (without("/card", "exp_month"), "missing_param", "card.exp_month"),
        (with("/card/exp_month", json!(13)), "invalid_expiry_month", "card.exp_month"),
        (with("/card/exp_year", json!(9999)), "invalid_expiry_year", "card.exp_year"),
        (without("/card", "cvc"), "missing_param", "card.cvc"),
        (with("/card/cvc", json!("12")), "invalid_cvc", "card.cvc"),
        (with("/card/cvc", json!("12a")), "invalid_cvc", "card.cvc"),
        (with("/description", json!("x".repeat(2000))), "invalid_param", "description"),
    ]
}

#[tokio::test]
async fn every_wrong_parameter_is_named_and_nothing_is_written() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let bad = "invalid_request_error";
    for (body, code, param) in &wrong_bodies() {
        error(&direct.post("/payments", body).await, 400, bad, code, Some(param));
    }
    let small = error(
        &direct.post("/payments", &with("/amount", json!(49))).await,
        400,
        bad,
        "amount_too_small",
        Some("amount"),
    );
    assert_eq!(small, "Amount must be at least $0.50 USD");
    let text = direct.request(Method::POST, "/payments").body("{\"amount\":");
    error(&Client::send(text).await, 400, bad, "invalid_json", None);
    let large = with("/description", json!("x".repeat(300 * 1024)));
    error(&direct.post("/payments", &large).await, 413, bad, "request_too_large", None);
    error(&direct.get("/nothing").await, 404, "not_found_error", "route_not_found", None);
    error(&direct.get("/payments/pay_1").await, 404, "not_found_error", "payment_not_found", Some("id"));
    error(
        &direct.with_key("sk_test_x").post("/payments", &sample()).await,
        401,
        "authentication_error",
        "invalid_api_key",
        None,
    );
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    error(
        &direct.with_key(&reader).post("/payments", &sample()).await,
        403,
        "permission_error",
        "scope_missing",
        None,
    );
    let live = direct.with_key(&cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await);
    error(&live.post("/payments", &sample()).await, 400, bad, "expired_card", Some("card.exp_year"));
    // No network takes live payments yet: the parameter is the one that was sent.
    let wallet = json!({"amount": 700, "currency": "EUR", "payment_method": "apple_pay", "apple_pay": {"token": "tok_apple_x"}});
    for (body, param) in [(with("/card/exp_year", json!(2035)), "card"), (wallet, "apple_pay")] {
        error(&live.post("/payments", &body).await, 400, bad, "live_payments_not_enabled", Some(param));
    }
    for list in ["payments", "customers"] {
        let all = cloud.charges().get(&format!("/{list}")).await.expect(200);
        assert_eq!(all["data"], json!([]));
    }
}
