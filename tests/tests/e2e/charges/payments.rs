//! Payments: every source, every outcome.

use serde_json::{Value, json};
use tollgate_tests::{Cloud, eventually};

use crate::payment;

#[tokio::test]
async fn a_card_payment_succeeds_with_the_documented_fields() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let customer = charges.post("/customers", &json!({"name": "Dev User"})).await.expect(201);
    let sent = json!({
        "amount": 1234, "currency": "gbp", "source": {"type": "card", "token": "tok_visa_4242"},
        "customer_id": customer["id"], "description": "Order #12345", "metadata": {"order": 12345, "gift": false},
    });
    let made = charges.post("/payments", &sent).await.expect(201);
    let fields: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let documented =
        ["id", "amount", "currency", "status", "source", "customer_id", "description", "created", "metadata"];
    assert_eq!(fields, documented);
    assert_eq!(
        (&made["amount"], &made["currency"], &made["status"]),
        (&json!(1234), &json!("GBP"), &json!("succeeded"))
    );
    assert_eq!(
        made["source"],
        json!({"type": "card", "last4": "4242", "brand": "visa", "exp_month": 12, "exp_year": 2030})
    );
    assert_eq!(made["metadata"], sent["metadata"]);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("pay_"));
    assert_eq!(charges.get(&format!("/payments/{id}")).await.expect(200), made);
}

#[tokio::test]
async fn every_test_token_does_what_it_says() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    for token in [
        "tok_visa_4242",
        "tok_visa_1111",
        "tok_mastercard_4444",
        "tok_mastercard_0008",
        "tok_amex_0005",
        "tok_amex_0009",
        "tok_visa_0259",
        "tok_visa_5126",
        "tok_visa_7726",
        "pm_card_visa",
    ] {
        assert_eq!(
            charges.post("/payments", &payment(token, 500)).await.expect(201)["status"],
            "succeeded",
            "{token}"
        );
    }
    for (token, code) in [
        ("tok_visa_0002", "card_declined"),
        ("tok_visa_1112", "card_declined"),
        ("tok_visa_9995", "insufficient_funds"),
        ("tok_visa_0069", "expired_card"),
        ("tok_visa_0127", "incorrect_cvc"),
        ("tok_visa_0119", "processing_error"),
    ] {
        let declined = charges.post("/payments", &payment(token, 500)).await;
        let error = declined.charges_error(402, "card_error", code, Some("source"));
        let stored =
            charges.get(&format!("/payments/{}", error["payment_id"].as_str().unwrap())).await.expect(200);
        assert_eq!((&stored["status"], &stored["failure_code"]), (&json!("failed"), &json!(code)));
    }
    for token in ["tok_visa_9999", "tok_visa", "tok_discover_4242", "4242424242424242", "tok_apple_abc"] {
        let refused = charges.post("/payments", &payment(token, 500)).await;
        refused.charges_error(400, "invalid_request_error", "invalid_token", Some("source.token"));
        assert!(!refused.text.contains("4242424242424242"));
    }
}

#[tokio::test]
async fn wallets_take_their_own_tokens() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let paid = |kind: &'static str, token: &'static str| {
        let charges = charges.clone();
        async move {
            let body = json!({"amount": 999, "currency": "USD", "source": {"type": kind, "token": token}});
            charges.post("/payments", &body).await
        }
    };
    let apple = paid("apple_pay", "tok_apple_abc123").await.expect(201);
    assert_eq!((&apple["status"], &apple["source"]["type"]), (&json!("succeeded"), &json!("apple_pay")));
    assert_eq!(paid("google_pay", "tok_google_x").await.expect(201)["source"]["type"], "google_pay");
    paid("apple_pay", "tok_apple_declined").await.charges_error(
        402,
        "card_error",
        "card_declined",
        Some("source"),
    );
    paid("google_pay", "tok_apple_x").await.charges_error(
        400,
        "invalid_request_error",
        "invalid_token",
        Some("source.token"),
    );
}

#[tokio::test]
async fn a_bank_transfer_is_pending_and_settles_within_seconds() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let transfer = |account: &str| {
        json!({"amount": 5000, "currency": "GBP", "source": {"type": "bank_transfer", "bank_account": {
            "account_number": account, "sort_code": "12-34-56", "account_holder_name": "John Doe"}}})
    };
    for (account, ends) in [("12345678", "succeeded"), ("00012345", "failed")] {
        let made = charges.post_once("/payments", account, &transfer(account)).await.expect(201);
        assert_eq!(made["status"], "pending");
        assert!(!made.to_string().contains(account), "the account number is not shown");
        let path = format!("/payments/{}", made["id"].as_str().unwrap());
        let settled: Value = eventually("the transfer settles", || async {
            let now = charges.get(&path).await.expect(200);
            (now["status"] != "pending").then_some(now)
        })
        .await;
        assert_eq!(settled["status"], ends);
        // The create's own answer is told again as it was.
        assert_eq!(charges.post_once("/payments", account, &transfer(account)).await.expect(201), made);
    }
}

#[tokio::test]
async fn amounts_have_bounds_and_every_currency_its_code() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let amount = |amount: i64| payment("tok_visa_4242", amount);
    charges.post("/payments", &amount(50)).await.expect(201);
    charges.post("/payments", &amount(99_999_999)).await.expect(201);
    let small = charges.post("/payments", &amount(49)).await;
    let error = small.charges_error(400, "invalid_request_error", "amount_too_small", Some("amount"));
    assert_eq!(error["message"], "Amount must be at least 50 (minor units)");
    charges.post("/payments", &amount(100_000_000)).await.charges_error(
        400,
        "invalid_request_error",
        "amount_too_large",
        Some("amount"),
    );
    for currency in ["JPY", "KWD", "kes", "EUR"] {
        let mut body = amount(1000);
        body["currency"] = json!(currency);
        assert_eq!(charges.post("/payments", &body).await.expect(201)["currency"], currency.to_uppercase());
    }
}

#[tokio::test]
async fn a_live_key_takes_no_test_token() {
    let cloud = Cloud::start().await;
    let live = cloud
        .demo_key(
            tollgate_domain::Mode::Live,
            tollgate_domain::KeyKind::Secret,
            tollgate_domain::Permission::ALL,
        )
        .await;
    let refused = cloud.charges().with_key(&live).post("/payments", &payment("tok_visa_4242", 1000)).await;
    refused.charges_error(400, "invalid_request_error", "live_payments_not_enabled", Some("source"));
}
