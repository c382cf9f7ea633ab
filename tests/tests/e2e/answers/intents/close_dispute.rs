//! `POST /v2/disputes/{id}/close`.

use super::*;

#[tokio::test]
async fn a_dispute_is_lost_and_an_inquiry_ends() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/disputes/{}/close", disputed(&cloud, "pm_card_createDispute").await);
    intents.post_once("accepted", &path, "close-1", &json!({})).await;
    intents.post_once("the same again", &path, "close-1", &json!({})).await;
    intents.post("once more", &path, &json!({})).await;
    let inquiry = format!("/disputes/{}/close", disputed(&cloud, "pm_card_createDisputeInquiry").await);
    intents.post("an inquiry", &inquiry, &json!({})).await;
    intents.post("an unknown dispute", "/disputes/dp_1111111111111111111111/close", &json!({})).await;
    assert_snapshot!(intents.text());
}
