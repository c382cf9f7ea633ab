//! `GET /v2/balance/history` and `GET /v2/balance_transactions`.

use tollgate_tests::Client;

use super::*;
use crate::intents::balance::booked;

/// A payment with a description, and a refund of a part of it, both booked; gives the ids of charge and refund.
pub(super) async fn payment_and_refund(intents: &Client) -> [Value; 2] {
    let mut body = confirmed("pm_card_visa");
    body["description"] = json!("=2+3, \"twice\"");
    let paid = intents.post("/payment_intents", &body).await.expect(201);
    booked(intents, &paid["latest_charge"]).await;
    let refund = json!({"payment_intent": paid["id"], "amount": 900});
    let refund = intents.post("/refunds", &refund).await.expect(201);
    booked(intents, &refund["id"]).await;
    [paid["latest_charge"].clone(), refund["id"].clone()]
}

#[tokio::test]
async fn pages_filters_and_csv() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let [charge, refund] = payment_and_refund(&cloud.intents()).await;
    let [charge, refund] = [charge.as_str().unwrap(), refund.as_str().unwrap()];
    let first = intents.get("the first page", "/balance/history?limit=1").await.json();
    let newest = first["data"][0]["id"].as_str().unwrap();
    intents.get("the page after", &format!("/balance_transactions?limit=1&starting_after={newest}")).await;
    intents.get("of a refund", &format!("/balance_transactions?source={refund}")).await;
    intents.get("of a payout", "/balance/history?payout=po_1111111111111111111111").await;
    intents.get("a page of CSV", "/balance/history?format=csv&limit=1").await;
    let accepted = intents.request(reqwest::Method::GET, &format!("/balance_transactions?source={charge}"));
    intents.send("CSV of a charge", accepted.header("accept", "text/csv")).await;
    for query in ["limit=0", "type=colors", "source=nothing", "currency=euro", "payout=1", "format=xml"] {
        intents.get(query, &format!("/balance/history?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
