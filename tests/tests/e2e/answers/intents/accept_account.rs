//! `POST /v2/accounts/{account}/accept`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn with_the_other_merchants_own_key() {
    let cloud = Cloud::start().await;
    let (payer, other) = (cloud.partner(), cloud.intents());
    let accept = format!("/accounts/{}/accept", account_of(&payer).await);
    let account = account_of(&other).await;
    let mut others = Transcript::new(cloud.intents());
    others.post("before it was asked", &accept, &json!({})).await;
    payer.post("/accounts", &json!({"account": account})).await.expect(201);
    let mut payers = Transcript::new(cloud.partner());
    payers.post("by the merchant that asked", &format!("/accounts/{account}/accept"), &json!({})).await;
    payers.post("of itself", &accept, &json!({})).await;
    others.post("with a parameter", &accept, &json!({"colour": "red"})).await;
    others.post_once("accepted", &accept, "accept-1", &json!({})).await;
    others.post_once("the same again", &accept, "accept-1", &json!({})).await;
    others.post("once more", &accept, &json!({})).await;
    payers.get("as the merchant that pays has it", &format!("/accounts/{account}")).await;
    others.get("the other one has nothing", "/accounts").await;
    assert_snapshot!(format!("{}\n{}", others.text(), payers.text()));
}
