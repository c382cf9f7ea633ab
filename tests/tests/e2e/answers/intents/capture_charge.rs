//! `POST /v2/charges/{id}/capture`.

use super::*;

#[tokio::test]
async fn all_or_a_part_of_what_is_reserved() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/charges/{}/capture", charged(&cloud, &capturable()).await);
    intents.post("too much", &path, &json!({"amount": 4901})).await;
    intents.post("an unknown field", &path, &json!({"color": "red"})).await;
    intents.post("a parameter that is not honoured", &path, &json!({"transfer_group": "g"})).await;
    let part =
        json!({"amount": 4000, "receipt_email": "ada@example.com", "statement_descriptor_suffix": "ORDER 7"});
    intents.post_once("a part", &path, "capture-1", &part).await;
    intents.post_once("the same again", &path, "capture-1", &part).await;
    intents.post("once more", &path, &json!({})).await;
    let all = format!("/charges/{}/capture", charged(&cloud, &capturable()).await);
    intents.post("all of it", &all, &json!({})).await;
    intents.post("no charge's id", "/charges/nothing/capture", &json!({})).await;
    assert_snapshot!(intents.text());
}
