//! `POST /v1/payments`.

use super::*;

#[tokio::test]
async fn cards_wallets_and_stored_cards() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    direct.post("the request of the text", "/payments", &sample()).await;
    direct.post("nobody is named", "/payments", &without("customer")).await;
    direct
        .post("a 3-D Secure challenge", "/payments", &with("/card/number", json!("4000002500003155")))
        .await;
    direct.post("the customer's stored card", "/payments", &without("card")).await;
    let wallet =
        json!({"amount": 50, "currency": "eur", "payment_method": "apple_pay", "token": "tok_apple_abc123"});
    direct.post("a wallet", "/payments", &wallet).await;
    direct
        .post("an unknown field", "/payments", &{
            let mut body = sample();
            body["color"] = json!("red");
            body
        })
        .await;
    assert_snapshot!(direct.text());
}

#[tokio::test]
async fn declines() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    for card in
        ["4000000000000002", "4000000000009995", "4000000000000069", "4000000000000127", "4000000000000119"]
    {
        direct.post(card, "/payments", &with("/card/number", json!(card))).await;
    }
    assert_snapshot!(direct.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    for (title, body) in [
        ("nothing", json!({})),
        ("too little", with("/amount", json!(49))),
        ("too much", with("/amount", json!(100_000_000))),
        ("an amount that is a text", with("/amount", json!("5000"))),
        ("no currency of ISO 4217", with("/currency", json!("ZZZ"))),
        ("an unknown way to pay", with("/payment_method", json!("cash"))),
        ("no card, and none is stored", without("card")),
        ("a number that fails the check", with("/card/number", json!("4242424242424241"))),
        ("a number that is a number", with("/card/number", json!(4_242_424_242_424_242_u64))),
        ("a thirteenth month", with("/card/exp_month", json!(13))),
        ("a year that is a text", with("/card/exp_year", json!("soon"))),
        ("a security code with letters", with("/card/cvc", json!("12a"))),
        ("no address", with("/customer/email", json!("nobody"))),
        ("a customer that is a text", with("/customer", json!("customer@example.com"))),
        ("a description that is a number", with("/description", json!(1))),
        ("a wallet without a token", with("/payment_method", json!("google_pay"))),
        ("a list", json!([1])),
    ] {
        direct.post(title, "/payments", &body).await;
    }
    assert_snapshot!(direct.text());
}

#[tokio::test]
async fn retries_with_an_idempotency_key() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    direct.post_once("the first request", "/payments", "order-1", &sample()).await;
    direct.post_once("the same again", "/payments", "order-1", &sample()).await;
    direct.post_once("another with its key", "/payments", "order-1", &with("/amount", json!(5001))).await;
    let declined = with("/card/number", json!("4000000000000002"));
    direct.post_once("a decline", "/payments", "order-2", &declined).await;
    direct.post_once("the decline again", "/payments", "order-2", &declined).await;
    assert_snapshot!(direct.text());
}
