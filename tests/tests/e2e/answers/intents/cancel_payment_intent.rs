//! `POST /v2/payment_intents/{id}/cancel`.

use super::*;

#[tokio::test]
async fn before_it_is_paid() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/payment_intents/{}/cancel", made(&cloud, "/payment_intents", &intent()).await);
    intents.post("an unknown reason", &path, &json!({"cancellation_reason": "bored"})).await;
    let reason = json!({"cancellation_reason": "abandoned"});
    intents.post_once("with a reason", &path, "cancel-1", &reason).await;
    intents.post_once("the same again", &path, "cancel-1", &reason).await;
    intents.post_once("another with its key", &path, "cancel-1", &json!({})).await;
    intents.post("once more", &path, &json!({})).await;
    let reserved =
        format!("/payment_intents/{}/cancel", made(&cloud, "/payment_intents", &capturable()).await);
    intents.post("what is reserved", &reserved, &json!({})).await;
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    intents.post("one that is paid", &format!("/payment_intents/{paid}/cancel"), &json!({})).await;
    assert_snapshot!(intents.text());
}
