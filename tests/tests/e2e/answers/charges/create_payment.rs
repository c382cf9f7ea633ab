//! `POST /v1/payments`.

use super::*;

#[tokio::test]
async fn cards_that_are_charged() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.post("a card", "/payments", &payment("tok_visa_4242", 1000)).await;
    let customer = id(&cloud.charges().post("/customers", &ada()).await);
    let whole = json!({
        "amount": 1234, "currency": "gbp", "source": {"type": "card", "token": "tok_amex_0005"},
        "customer_id": customer, "description": "Order #12345 é \u{2028}",
        "metadata": {"b": "text", "10": 100.0, "2": true, "big": 1e21},
    });
    charges.post("every field", "/payments", &whole).await;
    charges
        .post("a currency without decimals", "/payments", &{
            let mut yen = payment("tok_mastercard_4444", 5000);
            yen["currency"] = json!("JPY");
            yen
        })
        .await;
    charges.post("a 3-D Secure challenge", "/payments", &payment("tok_visa_3220", 2500)).await;
    let method =
        json!({"type": "card", "card": {"number": "5555555555554444", "exp_month": 1, "exp_year": 2031}});
    let method = id(&cloud.intents().post("/payment_methods", &method).await);
    charges.post("a payment method of intents", "/payments", &payment(&method, 1000)).await;
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn wallets_and_bank_transfers() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let of = |source: Value| json!({"amount": 1000, "currency": "GBP", "source": source});
    charges
        .post("Apple Pay", "/payments", &of(json!({"type": "apple_pay", "token": "tok_apple_abc123"})))
        .await;
    charges
        .post("Google Pay", "/payments", &of(json!({"type": "google_pay", "token": "tok_google_abc"})))
        .await;
    let declined = json!({"type": "apple_pay", "token": "tok_apple_abc_declined"});
    charges.post("a wallet that is declined", "/payments", &of(declined)).await;
    for (title, number) in [("a bank transfer", "12345678"), ("a bank transfer that will fail", "00012345")] {
        let account =
            json!({"account_number": number, "sort_code": "12-34-56", "account_holder_name": "John Doe"});
        let made = charges
            .post(title, "/payments", &of(json!({"type": "bank_transfer", "bank_account": account})))
            .await;
        let path = format!("/payments/{}", id(&made));
        let end = if number == "12345678" { "succeeded" } else { "failed" };
        has_status(&cloud.charges(), &path, end).await;
        charges.get("after it was processed", &path).await;
    }
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn declines() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    for last4 in ["0002", "9995", "0069", "0127", "0119"] {
        charges.post(last4, "/payments", &payment(&format!("tok_visa_{last4}"), 1000)).await;
    }
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let with = |name: &str, value: Value| {
        let mut body = payment("tok_visa_4242", 1000);
        body[name] = value;
        body
    };
    for (title, body) in [
        ("nothing", json!({})),
        ("too little", with("amount", json!(49))),
        ("too much", with("amount", json!(100_000_000))),
        ("an amount that is a text", with("amount", json!("1000"))),
        ("an amount that is a fraction", with("amount", json!(10.5))),
        ("an amount below zero", with("amount", json!(-1))),
        ("no currency of ISO 4217", with("currency", json!("ZZZ"))),
        ("a source without a type", with("source", json!({}))),
        ("a source of an unknown type", with("source", json!({"type": "cash"}))),
        ("a source that is a text", with("source", json!("tok_visa_4242"))),
        ("an unknown token", with("source", json!({"type": "card", "token": "tok_unknown"}))),
        (
            "a misspelt field of a source",
            with("source", json!({"type": "card", "token": "tok_visa_4242", "tokn": 1})),
        ),
        ("an empty bank account", with("source", json!({"type": "bank_transfer", "bank_account": {}}))),
        ("a customer who is not there", with("customer_id", json!("cus_1111111111111111111111"))),
        ("a customer's id that is a number", with("customer_id", json!(5))),
        ("a description that is too long", with("description", json!("x".repeat(2000)))),
        ("metadata that is a list", with("metadata", json!([1]))),
        ("metadata with an object", with("metadata", json!({"a": {}}))),
        ("an unknown field", with("amuont", json!(1))),
        ("a list", json!([1])),
    ] {
        charges.post(title, "/payments", &body).await;
    }
    charges
        .post(
            "51 keys of metadata",
            "/payments",
            &with("metadata", (0..51).map(|n| (n.to_string(), json!(n))).collect()),
        )
        .await;
    charges.post_text("more than 256 KB", "/payments", &format!("\"{}\"", "x".repeat(256 * 1024))).await;
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn retries_with_an_idempotency_key() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.post_once("the first request", "/payments", "order-1", &payment("tok_visa_4242", 1000)).await;
    charges.post_once("the same again", "/payments", "order-1", &payment("tok_visa_4242", 1000)).await;
    charges.post_once("another with its key", "/payments", "order-1", &payment("tok_visa_4242", 1001)).await;
    charges.post_once("a decline", "/payments", "order-2", &payment("tok_visa_9995", 1000)).await;
    charges.post_once("the decline again", "/payments", "order-2", &payment("tok_visa_9995", 1000)).await;
    charges.post_once("an empty key", "/payments", "", &payment("tok_visa_4242", 1000)).await;
    charges.post_once("a long key", "/payments", &"k".repeat(256), &payment("tok_visa_4242", 1000)).await;
    assert_snapshot!(charges.text());
}
