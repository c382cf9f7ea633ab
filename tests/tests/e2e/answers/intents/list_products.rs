//! `GET /v2/products`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/products").await;
    let mut ids = Vec::new();
    for body in [
        json!({"name": "A"}),
        json!({"name": "B", "active": false}),
        json!({"name": "C", "url": "https://c.example"}),
    ] {
        ids.push(made(&cloud, "/products", &body).await);
    }
    intents.get("the first page", "/products?limit=2").await;
    intents.get("the page after", &format!("/products?limit=2&starting_after={}", ids[1])).await;
    intents.get("not for sale", "/products?active=false").await;
    intents.get("by its page", "/products?url=https://c.example").await;
    for query in ["active=perhaps", "shippable=true", "color=red"] {
        intents.get(query, &format!("/products?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
