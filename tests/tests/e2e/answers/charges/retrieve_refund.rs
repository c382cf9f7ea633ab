//! `GET /v1/refunds/{id}`.

use super::*;

#[tokio::test]
async fn a_refund_is_shown_as_it_was_made() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let paid = id(&cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await);
    let refund = json!({"payment_id": paid, "amount": 10, "reason": "duplicate"});
    let made = charges.post("made", "/refunds", &refund).await;
    charges.get("shown", &format!("/refunds/{}", id(&made))).await;
    charges.get("no refund's id", "/refunds/nothing").await;
    charges.get("an unknown refund", "/refunds/rfnd_1111111111111111111111").await;
    assert_snapshot!(charges.text());
}
