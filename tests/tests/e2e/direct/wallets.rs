//! Wallets and stored cards.

use super::*;

#[track_caller]
fn refused(answer: &Answer, code: &str, param: &str) {
    error(answer, 400, "invalid_request_error", code, Some(param));
}

/// A wallet's own tokens pay or are declined, under the wallet's name; other tokens are refused, wherever they are.
async fn a_wallet_pays(direct: &Client, method: &str, token: &str) {
    let mut body = json!({"amount": 700, "currency": "eur", "payment_method": method});
    refused(&direct.post("/payments", &body).await, "missing_param", method);
    body[method] = json!({"token": token});
    let paid = direct.post("/payments", &body).await.expect(200);
    assert_eq!((&paid["status"], &paid["currency"]), (&json!("succeeded"), &json!("EUR")));
    body[method] = json!({"token": format!("{token}_declined")});
    assert_eq!(direct.post("/payments", &body).await.expect(200)["failure_code"], "card_declined");
    body[method] = json!({"token": "tok_visa_4242"});
    refused(&direct.post("/payments", &body).await, "invalid_token", &format!("{method}.token"));
    body.as_object_mut().unwrap().remove(method);
    body["token"] = json!("tok_visa_4242");
    refused(&direct.post("/payments", &body).await, "invalid_token", "token");
}

#[tokio::test]
async fn wallets_and_stored_cards_pay_too() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    for (method, token) in [("apple_pay", "tok_apple_abc"), ("google_pay", "tok_google_abc")] {
        a_wallet_pays(&direct, method, token).await;
    }
    // The request of the text's client library has no card: the customer's stored one, if there is one.
    let stored = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": "customer@example.com"}});
    refused(&direct.post("/payments", &stored).await, "missing_param", "card");
    let all = cloud.charges().get("/customers").await.expect(200);
    assert_eq!(all["data"], json!([]), "nothing was written");
    direct.post("/payments", &number("4000000000000002")).await.expect(200);
    refused(&direct.post("/payments", &stored).await, "missing_param", "card");
    let first = direct.post("/payments", &sample()).await.expect(200);
    let paid = direct.post("/payments", &stored).await.expect(200);
    assert_eq!((&paid["status"], &paid["customer"]), (&json!("succeeded"), &first["customer"]));
    let mut by_id = stored.clone();
    by_id["customer"] = json!({"id": first["customer"]["id"]});
    assert_eq!(direct.post("/payments", &by_id).await.expect(200)["customer"], first["customer"]);
    by_id["customer"] = json!({"id": "cus_0000000000000000000000"});
    let unknown = direct.post("/payments", &by_id).await;
    error(&unknown, 404, "not_found_error", "customer_not_found", Some("customer.id"));
}
