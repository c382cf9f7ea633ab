//! `GET /v1/payments/{id}`.

use super::*;

#[tokio::test]
async fn a_payment_is_shown_as_it_was_made() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    let made = simple.post_text("made", "/payments", PAYMENT).await;
    simple.get("shown", &format!("/payments/{}", id(&made))).await;
    let declined = cloud.charges().post("/payments", &crate::payment("tok_visa_0002", 1000)).await;
    simple.get("a declined one", &format!("/payments/{}", text(&declined, "/error/payment_id"))).await;
    let waiting = id(&cloud.charges().post("/payments", &crate::payment("tok_visa_3220", 1000)).await);
    simple.get("one that waits for its payer", &format!("/payments/{waiting}")).await;
    simple.get("no payment's id", "/payments/nothing").await;
    assert_snapshot!(simple.text());
}
