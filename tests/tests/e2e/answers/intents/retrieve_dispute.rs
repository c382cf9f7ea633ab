//! `GET /v2/disputes/{id}`.

use super::*;

#[tokio::test]
async fn a_dispute_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/disputes/{}", disputed(&cloud, "pm_card_createDisputeProductNotReceived").await);
    intents.get("as it is", &path).await;
    intents.get("with its charge", &format!("{path}?expand[]=charge&expand[]=payment_intent")).await;
    let inquiry = disputed(&cloud, "pm_card_createDisputeInquiry").await;
    intents.get("an inquiry", &format!("/disputes/{inquiry}")).await;
    let early = disputed(&cloud, "pm_card_createIssuerFraudRecord").await;
    intents.get("an early warning of fraud", &format!("/disputes/{early}")).await;
    intents.get("no dispute's id", "/disputes/nothing").await;
    assert_snapshot!(intents.text());
}
