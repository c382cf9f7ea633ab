//! Balances that are paid out by their schedule.

use serde_json::{Value, json};
use tollgate_domain::BalanceSettings;
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Replaced;
use tollgate_tests::{Client, Cloud, eventually};

use super::{
    balance::books_agree,
    payouts::{available, fund},
};

/// Sets the schedule and what stays.
async fn set(intents: &Client, payouts: &Value) {
    let body = json!({"payments": {"payouts": payouts}});
    intents.post("/balance_settings", &body).await.expect(200);
}

/// Lets the next day with payouts be now; gives its time.
async fn day_comes(cloud: &Cloud) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    loop {
        let settings: Option<BalanceSettings> = store.get(tenant, BalanceSettings::KEY_ID).await.unwrap();
        let settings = settings.unwrap();
        let due = Some(SystemClock.now());
        let next = BalanceSettings { version: settings.version + 1, due, ..settings };
        if store.replace(tenant, &next).await.unwrap() == Replaced::Done {
            return;
        }
    }
}

/// Waits until the settings have their next day.
async fn day_is_over(cloud: &Cloud) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    eventually("the balance was paid out", || async {
        let settings: Option<BalanceSettings> = store.get(tenant, BalanceSettings::KEY_ID).await.unwrap();
        settings?.due.is_some_and(|due| due > SystemClock.now()).then_some(())
    })
    .await;
}

/// The payouts, each as amount and currency.
async fn paid(intents: &Client) -> Vec<Value> {
    let page = intents.get("/payouts?limit=100").await.expect(200);
    let mut found: Vec<Value> = page["data"].as_array().unwrap().clone();
    found.sort_by_key(|payout| payout["currency"].as_str().unwrap().to_owned());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn each_currency_is_paid_out_once_a_day_but_for_what_has_to_stay() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let dollars = fund(&intents, 10_000, "usd").await;
    let euros = fund(&intents, 5000, "eur").await;
    let francs = fund(&intents, 3000, "chf").await;
    set(
        &intents,
        &json!({"schedule": {"interval": "daily"}, "statement_descriptor": "SHOP",
        "minimum_balance_by_currency": {"usd": 1000, "chf": 50_000}}),
    )
    .await;
    assert!(paid(&intents).await.is_empty(), "its day has not come");
    day_comes(&cloud).await;
    day_is_over(&cloud).await;
    let made = paid(&intents).await;
    let shown = |payout: &Value| {
        json!(["amount", "currency", "automatic", "statement_descriptor"].map(|name| &payout[name]))
    };
    let shown: Vec<Value> = made.iter().map(shown).collect();
    assert_eq!(shown, [json!([euros, "eur", true, "SHOP"]), json!([dollars - 1000, "usd", true, "SHOP"])]);
    assert_eq!(
        [
            available(&intents, "usd").await,
            available(&intents, "eur").await,
            available(&intents, "chf").await
        ],
        [1000, 0, francs]
    );
    // Another day with nothing to pay out makes nothing.
    day_comes(&cloud).await;
    day_is_over(&cloud).await;
    assert_eq!(paid(&intents).await.len(), 2);
    // By hand again: no day comes.
    set(&intents, &json!({"schedule": {"interval": "manual"}})).await;
    let stored: Option<BalanceSettings> =
        cloud.store().get(cloud.demo_scope(), BalanceSettings::KEY_ID).await.unwrap();
    assert_eq!(stored.unwrap().due, None);
    let told = async || {
        let page = intents.get("/events?limit=100&type=balance_settings.updated").await.expect(200);
        page["data"].as_array().unwrap().len()
    };
    eventually("both changes are told", || async { (told().await >= 2).then_some(()) }).await;
    books_agree(&cloud).await;
    assert_eq!(told().await, 2, "that its day came is no change of the merchant's");
}
