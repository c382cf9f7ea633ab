//! `GET /v2/customers`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/customers").await;
    let mut ids = Vec::new();
    for body in [ada(), json!({"name": "Grace"}), json!({"email": "grace@example.com"})] {
        ids.push(made(&cloud, "/customers", &body).await);
    }
    intents.get("the first page", "/customers?limit=2").await;
    intents.get("the page after", &format!("/customers?limit=2&starting_after={}", ids[1])).await;
    intents.get("the page before", &format!("/customers?ending_before={}", ids[1])).await;
    intents.get("with an address", "/customers?email=ada@example.com").await;
    for query in ["limit=0", "starting_after=nothing", "created=soon", "color=red"] {
        intents.get(query, &format!("/customers?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
