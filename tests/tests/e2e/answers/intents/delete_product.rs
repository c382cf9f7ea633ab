//! `DELETE /v2/products/{id}`.

use super::*;

#[tokio::test]
async fn only_without_prices() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let sold = made(&cloud, "/products", &json!({"name": "Book"})).await;
    made(&cloud, "/prices", &json!({"currency": "eur", "unit_amount": 1, "product": sold})).await;
    intents.delete("deleted", &format!("/products/{product}")).await;
    intents.delete("gone", &format!("/products/{product}")).await;
    intents.get("not found any more", &format!("/products/{product}")).await;
    intents
        .post("no price of it", "/prices", &json!({"currency": "eur", "unit_amount": 1, "product": product}))
        .await;
    intents.delete("with a price", &format!("/products/{sold}")).await;
    intents.get("the list", "/products").await;
    assert_snapshot!(intents.text());
}
