//! `GET /api/v1/payments/{referenceId}/status`.

use super::*;

#[tokio::test]
async fn a_payment_from_its_order_to_its_refund() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    let (reference, page) = initialized(&cloud, &order("order-1")).await;
    let path = format!("/payments/{reference}/status");
    checkout.get("initialized", &path).await;
    let (_, challenge) = press_at(&page, "pay").await;
    checkout.get("pending", &path).await;
    press_at(&challenge, "complete").await;
    checkout.get("completed", &path).await;
    let refund = json!({"amount": 50.25});
    cloud.checkout().post(&format!("/payments/{reference}/refund"), &refund).await.expect(200);
    checkout.get("refunded in part", &path).await;
    assert_snapshot!(checkout.text());
}

#[tokio::test]
async fn other_ends() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    let (reference, page) = initialized(&cloud, &order("order-1")).await;
    press_at(&page, "cancel").await;
    checkout.get("cancelled", &format!("/payments/{reference}/status")).await;
    let (reference, page) =
        initialized(&cloud, &with("order-2", &json!({"card_number": "4000000000000002"}))).await;
    pay(&page).await;
    checkout.get("declined", &format!("/payments/{reference}/status")).await;
    let (reference, page) =
        initialized(&cloud, &with("order-3", &json!({"amount": 1000, "currency": "JPY"}))).await;
    pay(&page).await;
    checkout.get("in a currency without decimals", &format!("/payments/{reference}/status")).await;
    let paid = id(&cloud.charges().post("/payments", &crate::payment("tok_visa_4242", 1000)).await);
    checkout.get("made by charges", &format!("/payments/{paid}/status")).await;
    checkout.get("no reference", "/payments/nothing/status").await;
    checkout.get("an unknown reference", "/payments/00000000-0000-4000-8000-000000000000/status").await;
    assert_snapshot!(checkout.text());
}
