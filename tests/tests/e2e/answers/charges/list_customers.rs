//! `GET /v1/customers`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.get("nothing yet", "/customers").await;
    let mut ids = Vec::new();
    for body in [ada(), json!({"name": "Grace"}), json!({"email": "grace@example.com"})] {
        ids.push(id(&cloud.charges().post("/customers", &body).await));
    }
    charges.get("the first page", "/customers?limit=2").await;
    charges.get("the page after", &format!("/customers?limit=2&starting_after={}", ids[1])).await;
    charges.get("with an address", "/customers?email=ada@example.com").await;
    charges.get("none of the future", "/customers?created[gte]=4000000000").await;
    for query in
        ["limit=0", "starting_after=nothing", "email=nobody", "created[gte]=x", "created[lte]=1", "color=red"]
    {
        charges.get(query, &format!("/customers?{query}")).await;
    }
    assert_snapshot!(charges.text());
}
