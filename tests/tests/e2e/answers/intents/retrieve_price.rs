//! `GET /v2/prices/{id}`.

use super::*;

#[tokio::test]
async fn a_price_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let price = json!({"currency": "eur", "unit_amount": 700, "product": product, "currency_options": {"usd": {"unit_amount": 800}}});
    let path = format!("/prices/{}", made(&cloud, "/prices", &price).await);
    intents.get("whole", &path).await;
    intents
        .get("expanded", &format!("{path}?expand[]=product&expand[]=currency_options&expand[]=tiers"))
        .await;
    intents.get("nothing to expand", &format!("{path}?expand[]=customer")).await;
    intents.get("another's", "/prices/price_1111111111111111111111").await;
    assert_snapshot!(intents.text());
}
