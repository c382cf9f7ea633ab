//! `POST /v2/refunds/{id}`.

use super::*;

#[tokio::test]
async fn its_metadata_changes() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let refund = made(&cloud, "/refunds", &json!({"payment_intent": paid, "metadata": {"a": "1"}})).await;
    let path = format!("/refunds/{refund}");
    let change = json!({"metadata": {"a": "", "b": "2"}});
    intents.post_once("changed", &path, "u", &change).await;
    intents.post_once("the same again", &path, "u", &change).await;
    intents.post_once("another with its key", &path, "u", &json!({"metadata": {"b": "3"}})).await;
    intents.post_form("all of it removed", &path, "metadata=").await;
    intents.post("a field that cannot change", &path, &json!({"amount": 1})).await;
    assert_snapshot!(intents.text());
}
