//! `POST /v2/payment_intents/{id}/confirm`.

use super::*;

#[tokio::test]
async fn confirmed_declined_and_confirmed_again() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/payment_intents/{}/confirm", made(&cloud, "/payment_intents", &intent()).await);
    intents.post("without a payment method", &path, &json!({})).await;
    let declined = json!({"payment_method": "pm_card_chargeDeclinedInsufficientFunds"});
    intents.post_once("declined", &path, "confirm-1", &declined).await;
    intents.post_once("the decline again", &path, "confirm-1", &declined).await;
    let good = json!({"payment_method": "pm_card_visa"});
    intents.post_once("another with its key", &path, "confirm-1", &good).await;
    intents.post_once("the request of the text", &path, "confirm-2", &good).await;
    intents.post_once("the same again", &path, "confirm-2", &good).await;
    intents.post("once more", &path, &good).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    intents.post("an unknown intent", "/payment_intents/pi_1111111111111111111111/confirm", &good).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn challenged_and_by_a_payers_page() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/payment_intents/{}/confirm", made(&cloud, "/payment_intents", &intent()).await);
    let challenged =
        json!({"payment_method_data": card("4000000000003220"), "return_url": "https://shop.example/back"});
    let answer = intents.post("a 3-D Secure challenge", &path, &challenged).await;
    crate::challenge::press(&text(&answer, "/next_action/redirect_to_url/url"), "complete").await;
    intents.get("after it was passed", path.trim_end_matches("/confirm")).await;
    let made = cloud.intents().post("/payment_intents", &intent()).await;
    let path = format!("/payment_intents/{}/confirm", id(&made));
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    intents.continue_as(cloud.intents().with_key(publishable));
    let with = |secret: &str| json!({"client_secret": secret, "payment_method": "pm_card_visa"});
    intents.post("by a page with a wrong secret", &path, &with("wrong")).await;
    intents.post("by a page with the secret", &path, &with(&text(&made, "/client_secret"))).await;
    assert_snapshot!(intents.text());
}
