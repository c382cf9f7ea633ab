//! What payers' pages may call.

use super::*;

#[tokio::test]
async fn payers_pages_may_call_three_routes_from_anywhere() {
    let cloud = Cloud::start().await;
    let public = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let page = cloud.intents().with_key(public);
    let card = json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    let made = page.post("/payment_methods", &card).await;
    made.expect(201);
    assert_eq!(made.header("access-control-allow-origin"), "*");
    let intent = cloud
        .intents()
        .post("/payment_intents", &json!({"amount": 1000, "currency": "eur"}))
        .await
        .expect(201);
    let url = format!("{}/payment_intents/{}/confirm", cloud.api("intents"), intent["id"].as_str().unwrap());
    let preflight = browser()
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST");
    let allowed = Client::send(preflight).await;
    assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (204, "*"));
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
    page.get("/customers").await.expect(403);
    page.get("/payment_intents").await.expect(403);
    let path = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    page.get(&path).await.expect(400);
    page.get(&format!("{path}?client_secret=pi_x_secret_y")).await.expect(400);
    let secret = intent["client_secret"].as_str().unwrap();
    page.get(&format!("{path}?client_secret={secret}")).await.expect(200);
}
