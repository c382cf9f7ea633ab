//! `GET /v2/refunds/{id}`.

use super::*;

#[tokio::test]
async fn a_refund_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let refund = made(&cloud, "/refunds", &json!({"payment_intent": paid, "amount": 100})).await;
    intents.get("as it is", &format!("/refunds/{refund}")).await;
    intents
        .get("with its intent", &format!("/refunds/{refund}?expand[]=payment_intent&expand[]=charge"))
        .await;
    intents.get("no refund's id", "/refunds/nothing").await;
    assert_snapshot!(intents.text());
}
