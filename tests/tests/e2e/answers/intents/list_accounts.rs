//! `GET /v2/accounts`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn pages() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/accounts").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let other = cloud.admin().create_merchant("Another", tollgate_domain::Tier::Growth).await.unwrap().id;
        let other = other.to_prefixed("acct_");
        ids.push(made(&cloud, "/accounts", &json!({"account": other})).await);
    }
    intents.get("the first page", "/accounts?limit=2").await;
    intents.get("the page after", &format!("/accounts?limit=2&starting_after={}", ids[1])).await;
    intents.get("the page before", &format!("/accounts?ending_before={}", ids[1])).await;
    for query in ["limit=0", "starting_after=nothing", "created[lt]=1000", "colour=red"] {
        intents.get(query, &format!("/accounts?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
