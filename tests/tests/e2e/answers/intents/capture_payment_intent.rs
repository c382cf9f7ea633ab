//! `POST /v2/payment_intents/{id}/capture`.

use super::*;

#[tokio::test]
async fn all_or_a_part_of_what_is_reserved() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/payment_intents/{}/capture", made(&cloud, "/payment_intents", &capturable()).await);
    intents.post("too much", &path, &json!({"amount_to_capture": 4901})).await;
    intents.post("nothing of it", &path, &json!({"amount_to_capture": 0})).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    let part = json!({"amount_to_capture": 4000});
    intents.post_once("a part", &path, "capture-1", &part).await;
    intents.post_once("the same again", &path, "capture-1", &part).await;
    intents.post_once("another with its key", &path, "capture-1", &json!({})).await;
    intents.post("once more", &path, &json!({})).await;
    let all = format!("/payment_intents/{}/capture", made(&cloud, "/payment_intents", &capturable()).await);
    intents.post("all of it", &all, &json!({})).await;
    let waiting = format!("/payment_intents/{}/capture", made(&cloud, "/payment_intents", &intent()).await);
    intents.post("one that is not confirmed", &waiting, &json!({})).await;
    assert_snapshot!(intents.text());
}
