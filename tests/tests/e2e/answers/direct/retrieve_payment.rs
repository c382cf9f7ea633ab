//! `GET /v1/payments/{id}`.

use super::*;

#[tokio::test]
async fn payments_in_every_state() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    for (title, card) in
        [("succeeded", "4242424242424242"), ("pending", "4000002500003155"), ("failed", "4000000000000002")]
    {
        let made = id(&cloud.client("direct").post("/payments", &with("/card/number", json!(card))).await);
        direct.get(title, &format!("/payments/{made}")).await;
    }
    let other = id(&cloud.charges().post("/payments", &crate::payment("tok_visa_4242", 1000)).await);
    direct.get("made by charges", &format!("/payments/{other}")).await;
    direct.get("no payment's id", "/payments/nothing").await;
    direct.get("an unknown payment", "/payments/pay_1111111111111111111111").await;
    assert_snapshot!(direct.text());
}
