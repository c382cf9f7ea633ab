//! `POST /v2/charges/{id}`.

use super::*;

#[tokio::test]
async fn what_is_said_of_a_charge_changes_with_its_payment() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/charges/{}", charged(&cloud, &confirmed("pm_card_visa")).await);
    let customer = made(&cloud, "/customers", &ada()).await;
    let all = json!({
        "description": "D", "metadata": {"a": "1", "b": "2"}, "receipt_email": "ada@example.com", "customer": customer,
        "shipping": {"name": "Ada", "address": {"line1": "1 Street", "country": "GB"}, "carrier": "Post"},
        "fraud_details": {"user_report": "safe"},
    });
    intents.post_once("every field", &path, "u", &all).await;
    intents.post_once("the same again", &path, "u", &all).await;
    intents.post_once("another with its key", &path, "u", &json!({"description": "E"})).await;
    intents.post("metadata", &path, &json!({"metadata": {"a": "", "c": "3"}})).await;
    let other = made(&cloud, "/customers", &ada()).await;
    for (title, body) in [
        ("another customer", json!({"customer": other})),
        ("no customer", json!({"customer": "cus_none"})),
        ("an unknown report", json!({"fraud_details": {"user_report": "perhaps"}})),
        ("shipping without an address", json!({"shipping": {"name": "Ada"}})),
        ("a parameter that is not honoured", json!({"transfer_group": "g"})),
        ("an unknown parameter", json!({"color": "red"})),
    ] {
        intents.post(title, &path, &body).await;
    }
    let paid = path.replace("/charges/ch_", "/payment_intents/pi_");
    intents.get("its intent", &paid).await;
    assert_snapshot!(intents.text());
}
