//! `GET /v2/payouts`.

use super::*;
use crate::{
    callers::world::keep_pending,
    intents::payouts::{bank_account, fund},
};

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/payouts").await;
    fund(&cloud.intents(), 5000, "usd").await;
    let to = bank_account(&cloud, &us_account("000123456789")).await;
    let mut payouts = Vec::new();
    for amount in [10, 11, 12] {
        let mut body = json!({"amount": amount, "currency": "usd"});
        if amount == 11 {
            body["destination"] = json!(to);
        }
        let payout = made(&cloud, "/payouts", &body).await;
        keep_pending(&cloud, &payout).await;
        payouts.push(payout);
    }
    let cancel = format!("/payouts/{}/cancel", payouts[2]);
    cloud.intents().post(&cancel, &json!({})).await.expect(200);
    intents.get("the first page", "/payouts?limit=2").await;
    intents.get("the page after", &format!("/payouts?limit=2&starting_after={}", payouts[1])).await;
    intents.get("the page before", &format!("/payouts?ending_before={}", payouts[1])).await;
    intents.get("those that are canceled", "/payouts?status=canceled").await;
    intents.get("those to another account", "/payouts?destination=ba_1111111111111111111111").await;
    intents.get("those that arrived long ago", "/payouts?arrival_date[lt]=1000").await;
    for query in ["limit=0", "status=gone", "starting_after=nothing", "destination=nothing", "colour=red"] {
        intents.get(query, &format!("/payouts?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
