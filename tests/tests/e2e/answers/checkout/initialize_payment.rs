//! `POST /api/v1/payments/initialize`.

use super::*;

#[tokio::test]
async fn a_page_or_html_to_pay() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    checkout.post("the request of the text", "/payments/initialize", &order("ORDER123456")).await;
    checkout.post("the same order again", "/payments/initialize", &order("ORDER123456")).await;
    let other = with("ORDER123456", &json!({"amount": 100.51}));
    checkout.post("another request with its number", "/payments/initialize", &other).await;
    let amex = json!({
        "payment_provider": "cybersource", "card_number": "378282246310005", "cvv": "1234", "exp_year": "2030",
        "customer_phone": "+44 1", "metadata": {"a": [1.50, {"b": null}]},
    });
    checkout.post("American Express is given HTML", "/payments/initialize", &with("order-2", &amex)).await;
    let required = json!({
        "order_id": "order-3", "amount": 0.01, "currency": "kes", "payment_provider": "mpgs",
        "card_number": "5123 4500 0000 0008", "exp_month": "01", "exp_year": "30", "cvv": "123",
    });
    checkout.post("what is required and no more", "/payments/initialize", &required).await;
    assert_snapshot!(checkout.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    checkout.post("nothing", "/payments/initialize", &json!({})).await;
    let wrong = json!({
        "amount": "a lot", "currency": "ZZZ", "payment_provider": "cash", "card_number": 4, "exp_month": "1",
        "exp_year": "025", "cvv": [], "customer_email": "nobody", "customer_name": "a\u{0}b",
        "customer_phone": "1".repeat(40), "return_url": "javascript:alert(1)", "cancel_url": "x", "metadata": "x",
    });
    checkout.post("everything", "/payments/initialize", &with("", &wrong)).await;
    for (n, changes) in [
        json!({"amount": 0}),
        json!({"amount": 0.001}),
        json!({"amount": 1_000_000}),
        json!({"amount": -1}),
        json!({"card_number": "4111111111111113"}),
        json!({"exp_month": "13"}),
        json!({"cvv": "12"}),
        json!({"metadata": {"a": "x".repeat(9000)}}),
        json!({"order_id": "x".repeat(300)}),
        json!({"order_id": 5}),
    ]
    .iter()
    .enumerate()
    {
        let order = with(&format!("order-{n}"), changes);
        checkout.post(&format!("only one: {n}"), "/payments/initialize", &order).await;
    }
    checkout.post("a list", "/payments/initialize", &json!([1])).await;
    assert_snapshot!(checkout.text());
}

#[tokio::test]
async fn retries_with_an_idempotency_key() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    checkout.post_once("the first request", "/payments/initialize", "key-1", &order("order-1")).await;
    checkout.post_once("the same again", "/payments/initialize", "key-1", &order("order-1")).await;
    checkout.post_once("another with its key", "/payments/initialize", "key-1", &order("order-2")).await;
    assert_snapshot!(checkout.text());
}
