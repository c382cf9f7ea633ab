//! `POST /v2/payment_methods/{id}`.

use super::*;

#[tokio::test]
async fn fields_that_are_named_change() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let (method, _) = attached(&cloud, &card("4242424242424242")).await;
    let path = format!("/payment_methods/{method}");
    let all = json!({
        "billing_details": {"name": "Ada King", "email": "ada@example.com"}, "metadata": {"a": "1"},
        "card": {"exp_month": 1, "exp_year": 2032},
    });
    intents.post_once("every field", &path, "u", &all).await;
    intents.post_once("the same again", &path, "u", &all).await;
    intents.post_once("another with its key", &path, "u", &json!({"metadata": {"a": ""}})).await;
    intents.post("a field that cannot change", &path, &json!({"type": "sepa_debit"})).await;
    intents.post("metadata that is a text", &path, &json!({"metadata": "x"})).await;
    let loose = made(&cloud, "/payment_methods", &card("4242424242424242")).await;
    intents.post("of nobody", &format!("/payment_methods/{loose}"), &json!({"metadata": {"a": "1"}})).await;
    assert_snapshot!(intents.text());
}
