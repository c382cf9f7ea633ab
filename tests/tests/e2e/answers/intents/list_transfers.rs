//! `GET /v2/transfers`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/transfers").await;
    let mut ids = Vec::new();
    for amount in [10, 11, 12] {
        ids.push(transferred(&cloud, amount).await);
    }
    intents.get("the first page", "/transfers?limit=2").await;
    intents.get("the page after", &format!("/transfers?limit=2&starting_after={}", ids[1])).await;
    intents.get("the page before", &format!("/transfers?ending_before={}", ids[1])).await;
    intents.get("those of long ago", "/transfers?created[lt]=1000").await;
    for query in ["limit=0", "starting_after=nothing", "transfer_group=x", "colour=red"] {
        intents.get(query, &format!("/transfers?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
