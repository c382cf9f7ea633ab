//! `POST /v2/refunds/{id}/cancel`.

use super::*;

#[tokio::test]
async fn while_it_is_pending() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let slow = made(&cloud, "/payment_methods", &card("4000000000007726")).await;
    let paid = made(&cloud, "/payment_intents", &confirmed(&slow)).await;
    let refund = made(&cloud, "/refunds", &json!({"payment_intent": paid})).await;
    let path = format!("/refunds/{refund}/cancel");
    intents.post_once("cancelled", &path, "cancel-1", &json!({})).await;
    intents.post_once("the same again", &path, "cancel-1", &json!({})).await;
    intents.post("once more", &path, &json!({})).await;
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let done = made(&cloud, "/refunds", &json!({"payment_intent": paid})).await;
    intents.post("one that is done", &format!("/refunds/{done}/cancel"), &json!({})).await;
    intents.post("an unknown refund", "/refunds/re_1111111111111111111111/cancel", &json!({})).await;
    assert_snapshot!(intents.text());
}
