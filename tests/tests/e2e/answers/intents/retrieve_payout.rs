//! `GET /v2/payouts/{id}`.

use super::*;
use crate::intents::payouts::{fund, reaches};

#[tokio::test(flavor = "multi_thread")]
async fn pending_and_failed() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = payout(&cloud).await;
    intents.get("pending", &path).await;
    let links = "expand[]=balance_transaction&expand[]=destination";
    intents.get("with its links", &format!("{path}?{links}")).await;
    let accounts = crate::intents::payouts::external_accounts(&cloud).await;
    fund(&cloud.intents(), 5000, "usd").await;
    let to = made(&cloud, &accounts, &us_account("000111111113")).await;
    let new = json!({"amount": 700, "currency": "usd", "destination": to});
    let failing = cloud.intents().post("/payouts", &new).await.expect(201);
    reaches(&cloud, &failing["id"], "failed").await;
    cloud.intents().delete(&format!("{accounts}/{to}")).await.expect(200);
    let path = format!("/payouts/{}", failing["id"].as_str().unwrap());
    let links = "expand[]=failure_balance_transaction&expand[]=destination";
    intents.get("failed, to an account that was deleted since", &format!("{path}?{links}")).await;
    intents.get("an unknown payout", "/payouts/po_1111111111111111111111").await;
    intents.get("no id of one", "/payouts/nothing").await;
    intents.get("an unknown parameter", &format!("{path}?colour=red")).await;
    assert_snapshot!(intents.text());
}
