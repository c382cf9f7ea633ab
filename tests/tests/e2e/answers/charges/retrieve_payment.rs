//! `GET /v1/payments/{id}`.

use super::*;

#[tokio::test]
async fn payments_in_every_state() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let unrecorded = cloud.charges();
    for (title, token) in [("succeeded", "tok_visa_4242"), ("waiting for the payer", "tok_visa_3220")] {
        let made = id(&unrecorded.post("/payments", &payment(token, 1000)).await);
        charges.get(title, &format!("/payments/{made}")).await;
    }
    let declined = unrecorded.post("/payments", &payment("tok_visa_0002", 1000)).await;
    charges.get("declined", &format!("/payments/{}", text(&declined, "/error/payment_id"))).await;
    let hosted = crate::checkout::initialized(&cloud, &crate::checkout::order("order-1")).await.0;
    let all = unrecorded.get("/payments?limit=1").await.expect(200);
    assert!(!hosted.is_empty());
    charges.get("made by checkout", &format!("/payments/{}", all["data"][0]["id"].as_str().unwrap())).await;
    charges.get("no payment's id", "/payments/nothing").await;
    charges.get("another thing's id", "/payments/cus_1111111111111111111111").await;
    assert_snapshot!(charges.text());
}
