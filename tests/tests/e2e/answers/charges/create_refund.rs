//! `POST /v1/refunds`.

use super::*;

#[tokio::test]
async fn whole_and_in_parts() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let paid = async |token: &str| id(&cloud.charges().post("/payments", &payment(token, 1000)).await);
    charges.post("all of it", "/refunds", &json!({"payment_id": paid("tok_visa_4242").await})).await;
    let part = json!({"payment_id": paid("tok_visa_4242").await, "amount": 400, "reason": "requested_by_customer",
        "metadata": {"why": "broken", "n": 1.50}});
    charges.post_once("a part, with every field", "/refunds", "refund-1", &part).await;
    charges.post_once("the same again", "/refunds", "refund-1", &part).await;
    let rest = json!({"payment_id": part["payment_id"]});
    charges.post_once("another with its key", "/refunds", "refund-1", &rest).await;
    charges.post("the rest", "/refunds", &rest).await;
    charges.post("nothing is left", "/refunds", &rest).await;
    for (title, token, end) in [
        ("one that will fail", "tok_visa_5126", "failed"),
        ("one that will succeed", "tok_visa_7726", "succeeded"),
    ] {
        let made = charges.post(title, "/refunds", &json!({"payment_id": paid(token).await})).await;
        let path = format!("/refunds/{}", id(&made));
        has_status(&cloud.charges(), &path, end).await;
        charges.get("after it was processed", &path).await;
    }
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let paid = id(&cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await);
    let waiting = id(&cloud.charges().post("/payments", &payment("tok_visa_3220", 1000)).await);
    for (title, body) in [
        ("nothing", json!({})),
        ("no payment's id", json!({"payment_id": "nothing"})),
        ("an unknown payment", json!({"payment_id": "pay_1111111111111111111111"})),
        ("an id that is a number", json!({"payment_id": 1})),
        ("too much", json!({"payment_id": paid, "amount": 1001})),
        ("nothing of it", json!({"payment_id": paid, "amount": 0})),
        ("an amount that is a text", json!({"payment_id": paid, "amount": "10"})),
        ("an unknown reason", json!({"payment_id": paid, "reason": "bored"})),
        ("metadata that is a text", json!({"payment_id": paid, "metadata": "x"})),
        ("an unknown field", json!({"payment_id": paid, "color": "red"})),
        ("a payment that is not paid", json!({"payment_id": waiting})),
    ] {
        charges.post(title, "/refunds", &body).await;
    }
    assert_snapshot!(charges.text());
}
