//! `POST /v2/disputes/{id}`.

use super::*;

#[tokio::test]
async fn evidence_is_staged_and_submitted() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/disputes/{}", disputed(&cloud, "pm_card_createDispute").await);
    intents.post("metadata alone", &path, &json!({"metadata": {"order": "7"}})).await;
    intents.post("nothing to submit", &path, &json!({"submit": true})).await;
    let staged =
        json!({"evidence": {"customer_name": "Ann", "product_description": "Shoes"}, "submit": false});
    intents.post_once("staged", &path, "stage-1", &staged).await;
    intents.post_once("the same again", &path, "stage-1", &staged).await;
    intents.post_form("a field removed, in a form", &path, "evidence[customer_name]=&submit=false").await;
    let file = json!({"evidence": {"receipt": "file_123"}});
    intents.post("a file", &path, &file).await;
    intents.post("a field that is none", &path, &json!({"evidence": {"colour": "red"}})).await;
    intents.post("no object", &path, &json!({"evidence": "text"})).await;
    let long = json!({"evidence": {"uncategorized_text": "x".repeat(20_001)}});
    intents.post("a text that is too long", &path, &long).await;
    intents.post("submitted", &path, &json!({"evidence": {"uncategorized_text": "It was delivered."}})).await;
    intents.post("submitted again", &path, &json!({"submit": true})).await;
    intents.post("metadata after it", &path, &json!({"metadata": {"order": ""}})).await;
    intents.post("accepted after it", &format!("{path}/close"), &json!({})).await;
    assert_snapshot!(intents.text());
}
