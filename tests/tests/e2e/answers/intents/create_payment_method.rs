//! `POST /v2/payment_methods`.

use super::*;

#[tokio::test]
async fn cards_and_accounts() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let mut whole = card("378282246310005");
    whole["card"]["cvc"] = json!("1234");
    whole["billing_details"] =
        json!({"name": "Ada", "email": "ada@example.com", "phone": "+44 1", "address": {"city": "London"}});
    whole["metadata"] = json!({"a": "1"});
    intents.post_once("a card with every field", "/payment_methods", "pm-1", &whole).await;
    intents.post_once("the same again", "/payment_methods", "pm-1", &whole).await;
    intents.post_once("another with its key", "/payment_methods", "pm-1", &card("4242424242424242")).await;
    let form = "type=card&card[number]=5555555555554444&card[exp_month]=1&card[exp_year]=2031";
    intents.post_form("a form", "/payment_methods", form).await;
    intents
        .post("a test token", "/payment_methods", &json!({"type": "card", "card": {"token": "tok_visa"}}))
        .await;
    intents.post("SEPA", "/payment_methods", &sepa("DE89370400440532013000")).await;
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    intents.continue_as(cloud.intents().with_key(publishable));
    let of_page = |intents: &Transcript| {
        let request = intents
            .request(reqwest::Method::POST, "/payment_methods")
            .header("origin", "https://shop.example");
        request.json(&card("4242424242424242"))
    };
    intents.send("by a payer's page", of_page(&intents)).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let of_card = |name: &str, value: Value| {
        let mut body = card("4242424242424242");
        body["card"][name] = value;
        body
    };
    for (title, body) in [
        ("nothing", json!({})),
        ("an unknown type", json!({"type": "cash"})),
        ("a card without fields", json!({"type": "card", "card": {}})),
        ("no card", json!({"type": "card"})),
        ("a number that fails the check", card("4242424242424241")),
        ("a thirteenth month", of_card("exp_month", json!(13))),
        ("a year of three digits", of_card("exp_year", json!(203))),
        ("a security code with letters", of_card("cvc", json!("12a"))),
        ("a misspelt field of a card", of_card("nmber", json!("1"))),
        ("an unknown token", json!({"type": "card", "card": {"token": "tok_none"}})),
        ("an account that fails the check", sepa("DE89370400440532013001")),
        (
            "no address",
            json!({"type": "card", "card": card("4242424242424242")["card"], "billing_details": {"email": "x"}}),
        ),
        ("an unknown field", json!({"type": "card", "color": "red"})),
    ] {
        intents.post(title, "/payment_methods", &body).await;
    }
    assert_snapshot!(intents.text());
}
