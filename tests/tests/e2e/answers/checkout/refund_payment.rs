//! `POST /api/v1/payments/{referenceId}/refund`.

use super::*;

#[tokio::test]
async fn whole_and_in_parts() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    let (reference, page) = initialized(&cloud, &order("order-1")).await;
    let path = format!("/payments/{reference}/refund");
    checkout.post("before it is paid", &path, &json!({})).await;
    pay(&page).await;
    let part = json!({"amount": 50.25});
    checkout.post_once("the request of the text", &path, "refund-1", &part).await;
    checkout.post_once("the same again", &path, "refund-1", &part).await;
    checkout.post_once("another with its key", &path, "refund-1", &json!({"amount": 1})).await;
    for (title, body) in [
        ("too much", json!({"amount": 50.26})),
        ("nothing of it", json!({"amount": 0})),
        ("too many digits", json!({"amount": 0.001})),
        ("an amount that is a text", json!({"amount": "some"})),
        ("the rest", json!({})),
        ("nothing is left", json!({})),
    ] {
        checkout.post(title, &path, &body).await;
    }
    checkout.post("no reference", "/payments/nothing/refund", &json!({})).await;
    assert_snapshot!(checkout.text());
}
