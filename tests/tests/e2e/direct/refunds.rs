//! Refunds.

use super::*;

#[tokio::test]
async fn refunds_are_full_or_partial() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let id = direct.post("/payments", &sample()).await.expect(200)["id"].as_str().unwrap().to_owned();
    let path = format!("/payments/{id}/refund");
    let refund = direct.post(&path, &json!({"amount": 2500, "reason": "customer_request"})).await.expect(200);
    assert_eq!(
        (&refund["payment_id"], &refund["amount"], &refund["currency"], &refund["reason"], &refund["status"]),
        (&json!(id), &json!(2500), &json!("USD"), &json!("customer_request"), &json!("succeeded"))
    );
    let bad = "invalid_request_error";
    error(
        &direct.post(&path, &json!({"amount": 2501})).await,
        400,
        bad,
        "refund_amount_too_large",
        Some("amount"),
    );
    error(&direct.post(&path, &json!({"amount": 0})).await, 400, bad, "amount_too_small", Some("amount"));
    error(&direct.post(&path, &json!({"amount": "all"})).await, 400, bad, "invalid_param", Some("amount"));
    let rest = direct.post_once(&path, "rest", &json!({})).await;
    assert_eq!(rest.expect(200)["amount"], 2500);
    let again = direct.post_once(&path, "rest", &json!({})).await;
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&rest.text, "true"));
    error(&direct.post(&path, &json!({})).await, 400, bad, "payment_already_refunded", Some("payment_id"));
    let unknown = direct.post("/payments/pay_0000000000000000000000/refund", &json!({})).await;
    error(&unknown, 404, "not_found_error", "payment_not_found", Some("payment_id"));
    let failed = direct.post("/payments", &number("4000000000000002")).await.expect(200);
    let path = format!("/payments/{}/refund", failed["id"].as_str().unwrap());
    error(&direct.post(&path, &json!({})).await, 400, bad, "payment_unexpected_status", None);
}
