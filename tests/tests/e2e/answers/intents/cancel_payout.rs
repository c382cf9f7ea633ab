//! `POST /v2/payouts/{id}/cancel`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_pending() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("{}/cancel", payout(&cloud).await);
    let body = json!({"expand": ["failure_balance_transaction"]});
    intents.post_once("canceled", &path, "cancel-1", &body).await;
    intents.post_once("the same again", &path, "cancel-1", &body).await;
    intents.post("once more", &path, &json!({})).await;
    intents.post("an unknown payout", "/payouts/po_1111111111111111111111/cancel", &json!({})).await;
    intents.post("a parameter that it has not", &path, &json!({"reason": "x"})).await;
    assert_snapshot!(intents.text());
}
