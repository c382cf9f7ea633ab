//! `POST /v1/payments`.

use super::*;

fn of(amount: &str, currency: &str) -> String {
    format!(r#"{{"amount":{amount},"currency":"{currency}","source":"tok_mastercard"}}"#)
}

#[tokio::test]
async fn payments_and_their_decimals() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    simple.post_text("the request of the text", "/payments", PAYMENT).await;
    for (amount, currency) in
        [("0.29", "usd"), ("1.1e1", "EUR"), ("1000", "JPY"), ("1.234", "KWD"), ("5", "KWD")]
    {
        simple.post_text(&format!("{amount} {currency}"), "/payments", &of(amount, currency)).await;
    }
    let unknown = r#"{"amount":1,"currency":"USD","source":"tok_amex","color":"red"}"#;
    simple.post_text("an unknown field", "/payments", unknown).await;
    assert_snapshot!(simple.text());
}

#[tokio::test]
async fn declines() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    for source in ["tok_chargeDeclined", "tok_chargeDeclinedInsufficientFunds"] {
        let body = json!({"amount": 12.5, "currency": "USD", "source": source});
        simple.post_once(source, "/payments", source, &body).await;
        simple.post_once("the same again", "/payments", source, &body).await;
    }
    assert_snapshot!(simple.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    simple.post("nothing", "/payments", &json!({})).await;
    simple
        .post(
            "an unknown source",
            "/payments",
            &json!({"amount": 1, "currency": "USD", "source": "tok_none"}),
        )
        .await;
    simple
        .post(
            "a source that is an object",
            "/payments",
            &json!({"amount": 1, "currency": "USD", "source": {}}),
        )
        .await;
    for (amount, currency) in [
        ("0", "USD"),
        ("-1", "USD"),
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("1000000", "USD"),
        ("\"100\"", "USD"),
        ("null", "USD"),
        ("1", "ZZZ"),
        ("1", ""),
    ] {
        simple.post_text(&format!("{amount} {currency}"), "/payments", &of(amount, currency)).await;
    }
    assert_snapshot!(simple.text());
}

#[tokio::test]
async fn retries_with_an_idempotency_key() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    let body = |amount: f64| json!({"amount": amount, "currency": "USD", "source": "tok_visa"});
    simple.post_once("the first request", "/payments", "order-1", &body(1.5)).await;
    simple.post_once("the same again", "/payments", "order-1", &body(1.5)).await;
    simple.post_once("another with its key", "/payments", "order-1", &body(1.25)).await;
    assert_snapshot!(simple.text());
}
