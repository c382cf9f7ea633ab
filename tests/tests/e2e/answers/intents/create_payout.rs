//! `POST /v2/payouts`.

use super::*;
use crate::{
    callers::world::keep_pending,
    intents::payouts::{bank_account, fund},
};

#[tokio::test(flavor = "multi_thread")]
async fn to_the_sandboxes_account_and_to_an_own_one() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    fund(&cloud.intents(), 5000, "usd").await;
    let first = intents.post_once("without a bank account", "/payouts", "payout-1", &ten_dollars()).await;
    keep_pending(&cloud, &id(&first)).await;
    intents.post_once("the same again", "/payouts", "payout-1", &ten_dollars()).await;
    intents
        .post_once("another with the key", "/payouts", "payout-1", &json!({"amount": 1, "currency": "usd"}))
        .await;
    let to = bank_account(&cloud, &us_account("000123456789")).await;
    let body = json!({
        "amount": 500, "currency": "usd", "destination": to, "method": "standard", "source_type": "card",
        "description": "Week 7", "statement_descriptor": "SHOP 7", "metadata": {"week": "7"},
        "expand": ["destination", "balance_transaction"],
    });
    intents.post("to a bank account", "/payouts", &body).await;
    let body = json!({"amount": 100, "currency": "usd", "expand": ["destination"]});
    intents.post("to the default one", "/payouts", &body).await;
    assert_snapshot!(intents.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let net = fund(&cloud.intents(), 1000, "usd").await;
    let more = json!({"amount": net + 1, "currency": "usd"});
    intents.post("more than there is", "/payouts", &more).await;
    intents.post("another currency", "/payouts", &json!({"amount": 1, "currency": "eur"})).await;
    let to = bank_account(&cloud, &us_account("000123456789")).await;
    for (title, name, value) in [
        ("no amount", "amount", json!(null)),
        ("nothing", "amount", json!(0)),
        ("less than nothing", "amount", json!(-1)),
        ("too much", "amount", json!(100_000_000)),
        ("a decimal", "amount", json!("1.5")),
        ("no currency", "currency", json!("dollars")),
        ("to nowhere", "destination", json!("ba_1111111111111111111111")),
        ("to no id", "destination", json!("nowhere")),
        ("at once", "method", json!("instant")),
        ("from another balance", "source_type", json!("fpx")),
        ("a long descriptor", "statement_descriptor", json!("x".repeat(23))),
        ("not supported", "payout_method", json!("fa_1")),
        ("unknown", "colour", json!("red")),
        ("an unknown link", "expand", json!(["source"])),
    ] {
        let mut body = ten_dollars();
        body[name] = value;
        intents.post(title, "/payouts", &body).await;
    }
    let euros = json!({"amount": 1, "currency": "eur", "destination": to});
    intents.post("to an account of another currency", "/payouts", &euros).await;
    assert_snapshot!(intents.text());
}
