//! `POST /v1/refunds`.

use super::*;

#[tokio::test]
async fn whole_and_in_parts() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    let paid = paid(&cloud).await;
    let part = json!({"payment_id": paid, "amount": 50});
    simple.post_once("a part", "/refunds", "refund-1", &part).await;
    simple.post_once("the same again", "/refunds", "refund-1", &part).await;
    simple.post_once("another with its key", "/refunds", "refund-1", &json!({"payment_id": paid})).await;
    simple.post("the rest", "/refunds", &json!({"payment_id": paid})).await;
    simple.post("nothing is left", "/refunds", &json!({"payment_id": paid})).await;
    assert_snapshot!(simple.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut simple = Transcript::new(cloud.client("simple"));
    let paid = paid(&cloud).await;
    for (title, body) in [
        ("nothing", json!({})),
        ("an unknown payment", json!({"payment_id": "pay_1111111111111111111111"})),
        ("no payment's id", json!({"payment_id": "nothing", "amount": 1})),
        ("an id that is a number", json!({"payment_id": 1})),
        ("too much", json!({"payment_id": paid, "amount": 100.01})),
        ("nothing of it", json!({"payment_id": paid, "amount": 0})),
        ("too many digits", json!({"payment_id": paid, "amount": 50.001})),
        ("an amount that is a text", json!({"payment_id": paid, "amount": "50"})),
    ] {
        simple.post(title, "/refunds", &body).await;
    }
    assert_snapshot!(simple.text());
}
