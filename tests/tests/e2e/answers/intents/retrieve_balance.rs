//! `GET /v2/balance`.

use super::*;

#[tokio::test]
async fn money_in_each_currency() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("of a merchant without payments", "/balance").await;
    let paid = cloud.intents().post("/payment_intents", &confirmed("pm_card_visa")).await.expect(201);
    let yen = json!({"amount": 1050, "currency": "jpy", "payment_method": "pm_card_visa", "confirm": true});
    let yen = cloud.intents().post("/payment_intents", &yen).await.expect(201);
    let refund = json!({"payment_intent": yen["id"], "amount": 50});
    let refund = cloud.intents().post("/refunds", &refund).await.expect(201);
    for source in [&paid["latest_charge"], &yen["latest_charge"], &refund["id"]] {
        crate::intents::balance::booked(&cloud.intents(), source).await;
    }
    intents.get("of two payments and a refund", "/balance").await;
    intents.get("an unknown parameter", "/balance?color=red").await;
    assert_snapshot!(intents.text());
}
