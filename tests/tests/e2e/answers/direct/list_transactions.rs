//! `GET /v1/transactions`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut direct = Transcript::new(cloud.client("direct"));
    direct.get("nothing yet", "/transactions").await;
    for card in ["4242424242424242", "4000000000000002", "4000002500003155"] {
        cloud.client("direct").post("/payments", &with("/card/number", json!(card))).await.expect(200);
    }
    direct.get("all", "/transactions").await;
    direct.get("the first page", "/transactions?limit=2").await;
    direct.get("the page after", "/transactions?limit=2&offset=2").await;
    for status in ["succeeded", "failed", "pending"] {
        direct.get(&format!("those that are {status}"), &format!("/transactions?status={status}")).await;
    }
    direct.get("those of the past", "/transactions?to_date=2020-01-31").await;
    direct.get("since then", "/transactions?from_date=2020-01-31&limit=1").await;
    for query in [
        "limit=0",
        "limit=101",
        "offset=-1",
        "offset=10001",
        "status=sold",
        "from_date=yesterday",
        "to_date=2024-02-30",
    ] {
        direct.get(query, &format!("/transactions?{query}")).await;
    }
    assert_snapshot!(direct.text());
}
