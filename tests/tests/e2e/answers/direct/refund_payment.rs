//! `POST /v1/payments/{payment_id}/refund`.

use super::*;

#[tokio::test]
async fn whole_and_in_parts() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    let path = format!("/payments/{}/refund", id(&cloud.client("direct").post("/payments", &sample()).await));
    let part = json!({"amount": 2500, "reason": "customer_request"});
    direct.post_once("the request of the text", &path, "refund-1", &part).await;
    direct.post_once("the same again", &path, "refund-1", &part).await;
    direct.post_once("another with its key", &path, "refund-1", &json!({})).await;
    for (title, body) in [
        ("too much", json!({"amount": 2501})),
        ("nothing of it", json!({"amount": 0})),
        ("an amount that is a text", json!({"amount": "10"})),
        ("a reason that is a number", json!({"reason": 1})),
        ("the rest", json!({})),
        ("nothing is left", json!({})),
    ] {
        direct.post(title, &path, &body).await;
    }
    let declined = with("/card/number", json!("4000000000000002"));
    let declined = id(&cloud.client("direct").post("/payments", &declined).await);
    direct.post("a payment that failed", &format!("/payments/{declined}/refund"), &json!({})).await;
    direct.post("no payment's id", "/payments/nothing/refund", &json!({})).await;
    direct.post("an unknown payment", "/payments/pay_1111111111111111111111/refund", &json!({})).await;
    assert_snapshot!(direct.text());
}
