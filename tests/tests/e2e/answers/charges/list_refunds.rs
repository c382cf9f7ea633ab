//! `GET /v1/refunds`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.get("nothing yet", "/refunds").await;
    let (mut paid, mut refunds) = (Vec::new(), Vec::new());
    for amount in [10, 11, 12] {
        paid.push(id(&cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await));
        let refund = json!({"payment_id": paid.last(), "amount": amount});
        refunds.push(id(&cloud.charges().post("/refunds", &refund).await));
    }
    charges.get("the first page", "/refunds?limit=2").await;
    charges.get("the page after", &format!("/refunds?limit=2&starting_after={}", refunds[1])).await;
    charges.get("a payment's", &format!("/refunds?payment_id={}", paid[1])).await;
    charges.get("those of a status", "/refunds?status=succeeded&limit=1").await;
    charges.get("none of a status", "/refunds?status=failed").await;
    for query in ["limit=0", "starting_after=nothing", "payment_id=nothing", "status=sold", "color=red"] {
        charges.get(query, &format!("/refunds?{query}")).await;
    }
    assert_snapshot!(charges.text());
}
