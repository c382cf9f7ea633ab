//! `POST /v2/payment_intents/{id}`.

use super::*;

#[tokio::test]
async fn fields_that_are_named_change() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/payment_intents/{}", made(&cloud, "/payment_intents", &intent()).await);
    let customer = made(&cloud, "/customers", &ada()).await;
    let all = json!({
        "amount": 5000, "currency": "usd", "customer": customer, "description": "D", "metadata": {"a": "1", "b": "2"},
        "receipt_email": "ada@example.com", "payment_method": "pm_card_visa", "capture_method": "manual",
    });
    intents.post_once("every field", &path, "u", &all).await;
    intents.post_once("the same again", &path, "u", &all).await;
    intents.post_once("another with its key", &path, "u", &json!({"amount": 5001})).await;
    intents.post("metadata", &path, &json!({"metadata": {"a": "", "c": "3"}})).await;
    intents.post("nothing", &path, &json!({})).await;
    for (title, body) in [
        ("too little", json!({"amount": 1})),
        ("an unknown payment method", json!({"payment_method": "pm_none"})),
        ("a field that cannot change", json!({"confirm": true})),
    ] {
        intents.post(title, &path, &body).await;
    }
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    intents
        .post("the amount of one that is paid", &format!("/payment_intents/{paid}"), &json!({"amount": 1}))
        .await;
    assert_snapshot!(intents.text());
}
