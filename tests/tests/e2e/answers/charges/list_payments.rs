//! `GET /v1/payments`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.get("nothing yet", "/payments").await;
    let unrecorded = cloud.charges();
    let customer = id(&unrecorded.post("/customers", &ada()).await);
    let mut ids = Vec::new();
    for (token, amount) in [("tok_visa_4242", 1000), ("tok_visa_3220", 1001), ("tok_mastercard_4444", 1002)] {
        let mut body = payment(token, amount);
        if amount == 1002 {
            body["customer_id"] = json!(customer);
        }
        ids.push(id(&unrecorded.post("/payments", &body).await));
    }
    charges.get("all", "/payments").await;
    charges.get("the first page", "/payments?limit=2").await;
    charges.get("the page after", &format!("/payments?limit=2&starting_after={}", ids[1])).await;
    charges.get("a customer's", &format!("/payments?customer_id={customer}")).await;
    charges.get("those of a status", "/payments?status=requires_action").await;
    charges.get("those of the past", "/payments?created[lte]=1000000000").await;
    charges.get("none of the future", "/payments?created%5Bgte%5D=4000000000").await;
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn wrong_parameters() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    for query in [
        "limit=0",
        "limit=101",
        "limit=ten",
        "starting_after=nothing",
        "starting_after=pay_1111111111111111111111",
        "customer_id=nothing",
        "status=sold",
        "created[gte]=yesterday",
        "created[near]=1",
        "color=red",
    ] {
        charges.get(query, &format!("/payments?{query}")).await;
    }
    assert_snapshot!(charges.text());
}
