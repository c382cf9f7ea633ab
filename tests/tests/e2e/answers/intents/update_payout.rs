//! `POST /v2/payouts/{id}`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn its_metadata_alone() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = payout(&cloud).await;
    let body = json!({"metadata": {"week": "7"}});
    intents.post_once("changed", &path, "update-1", &body).await;
    intents.post_once("the same again", &path, "update-1", &body).await;
    intents.post("one key removed", &path, &json!({"metadata": {"week": "", "month": "2"}})).await;
    intents.post("another field", &path, &json!({"description": "x"})).await;
    intents.post("an unknown payout", "/payouts/po_1111111111111111111111", &body).await;
    assert_snapshot!(intents.text());
}
