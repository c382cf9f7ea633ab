//! `GET /v2/prices`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let other = made(&cloud, "/products", &json!({"name": "Book"})).await;
    let mut ids = Vec::new();
    for body in [
        json!({"currency": "eur", "unit_amount": 700, "product": product, "lookup_key": "once"}),
        json!({"currency": "usd", "unit_amount": 700, "product": product, "recurring": {"interval": "month"}}),
        json!({"currency": "eur", "unit_amount": 900, "product": other, "active": false, "lookup_key": "book"}),
    ] {
        ids.push(made(&cloud, "/prices", &body).await);
    }
    intents.get("the first page", "/prices?limit=2").await;
    intents.get("the page after", &format!("/prices?limit=2&starting_after={}", ids[1])).await;
    for query in [
        "active=false",
        "currency=usd",
        "type=one_time",
        "recurring[interval]=month",
        "lookup_keys[]=book&lookup_keys[]=none",
    ] {
        intents.get(query, &format!("/prices?{query}")).await;
    }
    intents.get("of a product", &format!("/prices?product={product}&expand[]=data.product")).await;
    for query in ["type=weekly", "currency=zzz", "color=red"] {
        intents.get(query, &format!("/prices?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
