//! Wallets and stored cards.

use super::*;

#[tokio::test]
async fn wallets_and_stored_cards_pay_too() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    for (method, token) in [("apple_pay", "tok_apple_abc"), ("google_pay", "tok_google_abc")] {
        let mut body = json!({"amount": 700, "currency": "eur", "payment_method": method});
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "missing_param",
            Some(method),
        );
        body[method] = json!({"token": token});
        let paid = direct.post("/payments", &body).await.expect(200);
        assert_eq!((&paid["status"], &paid["currency"]), (&json!("succeeded"), &json!("EUR")));
        body[method] = json!({"token": format!("{token}_declined")});
        assert_eq!(direct.post("/payments", &body).await.expect(200)["failure_code"], "card_declined");
        body[method] = json!({"token": "tok_visa_4242"});
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "invalid_token",
            Some(&format!("{method}.token")),
        );
        body.as_object_mut().unwrap().remove(method);
        body["token"] = json!("tok_visa_4242");
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "invalid_token",
            Some("token"),
        );
    }
    // The request of the text's client library has no card: the customer's stored one, if there is one.
    let stored = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": "customer@example.com"}});
    error(
        &direct.post("/payments", &stored).await,
        400,
        "invalid_request_error",
        "missing_param",
        Some("card"),
    );
    let all = cloud.charges().get("/customers").await.expect(200);
    assert_eq!(all["data"], json!([]), "nothing was written");
    direct.post("/payments", &number("4000000000000002")).await.expect(200);
    error(
        &direct.post("/payments", &stored).await,
        400,
        "invalid_request_error",
        "missing_param",
        Some("card"),
    );
    let first = direct.post("/payments", &sample()).await.expect(200);
    let paid = direct.post("/payments", &stored).await.expect(200);
    assert_eq!((&paid["status"], &paid["customer"]), (&json!("succeeded"), &first["customer"]));
    let mut by_id = stored.clone();
    by_id["customer"] = json!({"id": first["customer"]["id"]});
    assert_eq!(direct.post("/payments", &by_id).await.expect(200)["customer"], first["customer"]);
    by_id["customer"] = json!({"id": "cus_0000000000000000000000"});
    error(
        &direct.post("/payments", &by_id).await,
        404,
        "not_found_error",
        "customer_not_found",
        Some("customer.id"),
    );
}
