//! `POST /v2/payment_methods/{id}/attach`.

use super::*;

#[tokio::test]
async fn to_one_customer() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let method = made(&cloud, "/payment_methods", &card("4242424242424242")).await;
    let path = format!("/payment_methods/{method}/attach");
    let to = |customer: &str| json!({"customer": customer});
    let (ada, grace) = (
        made(&cloud, "/customers", &ada()).await,
        made(&cloud, "/customers", &json!({"name": "Grace"})).await,
    );
    intents.post("nothing", &path, &json!({})).await;
    intents.post("to an unknown customer", &path, &to("cus_1111111111111111111111")).await;
    intents.post_once("attached", &path, "attach-1", &to(&ada)).await;
    intents.post_once("the same again", &path, "attach-1", &to(&ada)).await;
    intents.post_once("another with its key", &path, "attach-1", &to(&grace)).await;
    intents.post("to another customer", &path, &to(&grace)).await;
    intents.post("an unknown field", &path, &json!({"customer": ada, "color": "red"})).await;
    intents.post("a test payment method", "/payment_methods/pm_card_visa/attach", &to(&ada)).await;
    assert_snapshot!(intents.text());
}
