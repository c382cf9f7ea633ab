//! `POST /v2/prices/{id}`.

use super::*;

#[tokio::test]
async fn what_is_said_changes_and_what_it_costs_does_not() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let price = json!({"currency": "eur", "unit_amount": 700, "product": product, "lookup_key": "basic"});
    let path = format!("/prices/{}", made(&cloud, "/prices", &price).await);
    let other = made(
        &cloud,
        "/prices",
        &json!({"currency": "eur", "unit_amount": 1, "product": product, "lookup_key": "plus"}),
    )
    .await;
    let change = json!({"active": false, "nickname": "Old", "tax_behavior": "inclusive", "metadata": {"plan": "1"},
        "currency_options": {"usd": {"unit_amount": 800}}});
    intents.post_once("changed", &path, "u", &change).await;
    intents.post_once("the same again", &path, "u", &change).await;
    intents.post("another tax behavior", &path, &json!({"tax_behavior": "exclusive"})).await;
    intents.post("a key that is taken", &path, &json!({"lookup_key": "plus"})).await;
    intents.post("and taken over", &path, &json!({"lookup_key": "plus", "transfer_lookup_key": true})).await;
    intents.get("the other one", &format!("/prices/{other}")).await;
    intents.post("another amount", &path, &json!({"unit_amount": 1})).await;
    intents
        .post(
            "another amount of a currency",
            &path,
            &json!({"currency_options": {"usd": {"unit_amount": 1}}}),
        )
        .await;
    assert_snapshot!(intents.text());
}
