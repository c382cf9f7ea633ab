//! `GET /v2/balance/history/{id}` and `GET /v2/balance_transactions/{id}`.

use super::{list_balance_transactions::payment_and_refund, *};
use crate::intents::balance::booked;

#[tokio::test]
async fn a_balance_transaction_is_shown_under_both_names() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let [charge, refund] = payment_and_refund(&cloud.intents()).await;
    let [charge, refund] = [booked(&cloud.intents(), &charge).await, booked(&cloud.intents(), &refund).await];
    intents.get("of a charge", &format!("/balance/history/{}", charge["id"].as_str().unwrap())).await;
    intents.get("of a refund", &format!("/balance_transactions/{}", refund["id"].as_str().unwrap())).await;
    intents.get("an unknown parameter", "/balance/history/txn_1?color=red").await;
    intents.get("no id of one", "/balance/history/nothing").await;
    assert_snapshot!(intents.text());
}
