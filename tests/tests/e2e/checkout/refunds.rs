//! Refunds of wrong amounts.

use super::*;

#[tokio::test]
async fn refunds_of_wrong_amounts_are_told_why() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let (reference, url) = initialized(&cloud, &order("refunds")).await;
    pay(&url).await;
    let path = format!("/payments/{reference}/refund");
    let number = "The amount field must be a number with no more decimal places than the currency has.";
    let positive = "The amount field must be above zero.";
    let left = "The amount field must not be greater than what is left to refund.";
    for (amount, message) in [
        (json!(0), positive),
        (json!(0.0), positive),
        (json!(-1), positive),
        (json!("-1"), positive),
        (json!("0"), positive),
        (json!(100.51), left),
        (json!("100.51"), left),
        (json!(50.001), number),
        (json!(1e30), number),
        (json!("all"), number),
        (json!(""), number),
        (json!(true), number),
        (json!([1]), number),
        (json!({}), number),
    ] {
        let refused = checkout.post(&path, &json!({"amount": amount})).await;
        assert_eq!(
            refused.expect(422),
            json!({"success": false, "message": "Validation failed", "errors": {"amount": [message]}}),
            "{amount}"
        );
    }
    let array = checkout.request(reqwest::Method::POST, &path).body("[]");
    assert_eq!(failed(&Client::send(array).await, 400), "The request body must be a JSON object.");
    assert_eq!(status(&cloud, &reference).await["status"], "completed");
    checkout.post(&path, &json!({"amount": 0.01})).await.expect(200);
    assert_eq!(status(&cloud, &reference).await["status"], "refunded");
    // A payment that was not made has nothing to refund, for any amount.
    let (reference, _) = initialized(&cloud, &order("not-paid")).await;
    let path = format!("/payments/{reference}/refund");
    for amount in [json!(1), json!(1000), Value::Null] {
        let refused = checkout.post(&path, &json!({"amount": amount})).await;
        assert_eq!(
            failed(&refused, 400),
            "Cannot refund transaction: Transaction is not in a completed state"
        );
    }
}
