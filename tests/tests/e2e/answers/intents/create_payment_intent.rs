//! `POST /v2/payment_intents`.

use super::*;

#[tokio::test]
async fn intents_that_wait() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let sample = "amount=4900&currency=eur&payment_method_types[]=card&metadata[order_id]=ORD-7741";
    intents.post_form("the request of the text", "/payment_intents", sample).await;
    let customer = made(&cloud, "/customers", &ada()).await;
    let whole = json!({
        "amount": 1234, "currency": "USD", "customer": customer, "payment_method": "pm_card_mastercard",
        "payment_method_types": ["card", "sepa_debit"], "capture_method": "manual", "confirmation_method": "manual",
        "description": "Order #12345 é", "receipt_email": "ada@example.com", "metadata": {"b": "text", "10": "x"},
    });
    intents.post("every field", "/payment_intents", &whole).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn intents_that_are_confirmed_at_once() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.post("a card", "/payment_intents", &confirmed("pm_card_visa")).await;
    intents.post("captured later", "/payment_intents", &capturable()).await;
    let mut challenged = confirmed("pm_card_threeDSecure2Required");
    challenged["return_url"] = json!("https://shop.example/back");
    intents.post("a 3-D Secure challenge", "/payment_intents", &challenged).await;
    let mut debit = json!({
        "amount": 4900, "currency": "eur", "payment_method_types": ["sepa_debit"], "confirm": true,
        "payment_method_data": sepa("DE89370400440532013000"),
    });
    let processing = intents.post("SEPA", "/payment_intents", &debit).await;
    let path = format!("/payment_intents/{}", id(&processing));
    has_status(&cloud.intents(), &path, "succeeded").await;
    intents.get("after it was debited", &path).await;
    debit["payment_method_data"] = sepa("DE62370400440532013001");
    let processing = intents.post("SEPA that fails", "/payment_intents", &debit).await;
    let path = format!("/payment_intents/{}", id(&processing));
    has_status(&cloud.intents(), &path, "requires_payment_method").await;
    intents.get("after it failed", &path).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn declines() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    for method in [
        "pm_card_chargeDeclined",
        "pm_card_chargeDeclinedInsufficientFunds",
        "pm_card_chargeDeclinedExpiredCard",
    ] {
        intents.post(method, "/payment_intents", &confirmed(method)).await;
    }
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let with = |name: &str, value: Value| {
        let mut body = intent();
        body[name] = value;
        body
    };
    for (title, body) in [
        ("nothing", json!({})),
        ("too little", with("amount", json!(49))),
        ("too much", with("amount", json!(100_000_000))),
        ("an amount that is a word", with("amount", json!("many"))),
        ("no currency of ISO 4217", with("currency", json!("zzz"))),
        ("an unknown customer", with("customer", json!("cus_1111111111111111111111"))),
        ("an unknown payment method", with("payment_method", json!("pm_1111111111111111111111"))),
        ("an unknown type", with("payment_method_types", json!(["cash"]))),
        ("confirmed without a payment method", with("confirm", json!(true))),
        ("a word that is no truth", with("confirm", json!("perhaps"))),
        ("an address to return to without confirming", with("return_url", json!("https://shop.example/"))),
        ("an unknown way to capture", with("capture_method", json!("later"))),
        ("no address", with("receipt_email", json!("nobody"))),
        ("metadata that is a list", with("metadata", json!([1]))),
        ("a long description", with("description", json!("x".repeat(2000)))),
        ("an unknown field", with("amuont", json!(1))),
        (
            "a misspelt field of a card",
            with("payment_method_data", json!({"type": "card", "card": {"nmber": "1"}})),
        ),
        ("a list", json!([1])),
    ] {
        intents.post(title, "/payment_intents", &body).await;
    }
    intents.post_form("a wrong form", "/payment_intents", "amount[]=1&currency[a]=eur").await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn retries_with_an_idempotency_key() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.post_once("the first request", "/payment_intents", "ord-1", &intent()).await;
    intents.post_once("the same again", "/payment_intents", "ord-1", &intent()).await;
    intents.post_once("another with its key", "/payment_intents", "ord-1", &confirmed("pm_card_visa")).await;
    let declined = confirmed("pm_card_chargeDeclined");
    intents.post_once("a decline", "/payment_intents", "ord-2", &declined).await;
    intents.post_once("the decline again", "/payment_intents", "ord-2", &declined).await;
    intents.post_once("an empty key", "/payment_intents", "", &intent()).await;
    assert_snapshot!(intents.text());
}
