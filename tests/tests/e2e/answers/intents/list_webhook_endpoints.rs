//! `GET /v2/webhook_endpoints`.

use super::*;

#[tokio::test]
async fn pages() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("the local cloud's own", "/webhook_endpoints").await;
    for n in 0..2 {
        endpoint(&cloud, &format!("https://example.com/{n}")).await;
    }
    intents.get("the first page", "/webhook_endpoints?limit=1").await;
    for query in ["limit=0", "starting_after=nothing", "color=red"] {
        intents.get(query, &format!("/webhook_endpoints?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
