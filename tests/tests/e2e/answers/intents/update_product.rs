//! `POST /v2/products/{id}`.

use super::*;

#[tokio::test]
async fn what_is_named_changes() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font", "url": "https://fonts.example"})).await;
    let path = format!("/products/{product}");
    let change = json!({"active": false, "description": "A serif", "url": "", "metadata": {"shelf": "7"}});
    intents.post_once("changed", &path, "u", &change).await;
    intents.post_once("the same again", &path, "u", &change).await;
    intents.post("unset", &path, &json!({"description": null, "metadata": {"shelf": ""}})).await;
    intents.post("no name", &path, &json!({"name": ""})).await;
    let other = made(&cloud, "/products", &json!({"name": "Book"})).await;
    let price =
        made(&cloud, "/prices", &json!({"currency": "eur", "unit_amount": 1, "product": other})).await;
    intents.post("another product's price", &path, &json!({"default_price": price})).await;
    intents.post("no price", &path, &json!({"default_price": "price_1111111111111111111111"})).await;
    assert_snapshot!(intents.text());
}
