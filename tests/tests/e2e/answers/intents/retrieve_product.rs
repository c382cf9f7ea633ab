//! `GET /v2/products/{id}`.

use super::*;

#[tokio::test]
async fn a_product_with_its_default_price() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let price = json!({"currency": "eur", "unit_amount": 700, "product": product});
    let price = made(&cloud, "/prices", &price).await;
    let path = format!("/products/{product}");
    intents.get("without one", &path).await;
    intents.post("it gets one", &path, &json!({"default_price": price})).await;
    intents.get("expanded", &format!("{path}?expand[]=default_price.product")).await;
    intents.get("another's", "/products/prod_1111111111111111111111").await;
    intents.get("no id", "/products/nothing").await;
    assert_snapshot!(intents.text());
}
