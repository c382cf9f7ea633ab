//! `POST /v2/payment_methods/{id}/detach`.

use super::*;

#[tokio::test]
async fn from_its_customer() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let (method, customer) = attached(&cloud, &card("4242424242424242")).await;
    let path = format!("/payment_methods/{method}/detach");
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    intents.post_once("detached", &path, "detach-1", &json!({})).await;
    intents.post_once("the same again", &path, "detach-1", &json!({})).await;
    intents.post("once more", &path, &json!({})).await;
    let attach = format!("/payment_methods/{method}/attach");
    intents.post("attached again", &attach, &json!({"customer": customer})).await;
    assert_snapshot!(intents.text());
}
