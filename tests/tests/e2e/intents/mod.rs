//! The `intents` API: its quick start, its versions, and what merchants build with: events, deliveries, secrets, keys, payers' pages.

mod api_keys;
mod automatic_payouts;
pub(crate) mod balance;
pub(crate) mod connected_accounts;
mod disputes;
mod endpoints;
mod events;
mod expansions;
mod external_accounts;
mod filters;
mod lists;
mod month;
mod order_numbers;
mod payer_absent;
mod payers_pages;
pub(crate) mod payouts;
mod prices;
mod published;
mod quick_start;
pub(crate) mod recover;
mod rolled_keys;
mod samples;
mod secrets;
mod stripe_cli;
mod versions;
mod webhook_endpoints;

use crate::challenge::browser;
use serde_json::{Value, json};
use tollgate_domain::{
    EndpointId, KeyKind, Mode, Permission, WebhookEndpoint,
    endpoint::{self, Attempted},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{Client, Cloud, Receiver, eventually, run_sample};

async fn pay(cloud: &Cloud, amount: i64) -> Value {
    let paid =
        json!({"amount": amount, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    cloud.intents().post("/payment_intents", &paid).await.expect(201)
}

async fn endpoint(cloud: &Cloud, body: &Value) -> (String, String) {
    let made = cloud.intents().post("/webhook_endpoints", body).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (format!("/webhook_endpoints/{}", text("id")), text("secret"))
}

/// An endpoint for payments that succeed.
async fn listen(cloud: &Cloud, receiver: &Receiver) -> (String, String) {
    let body = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    endpoint(cloud, &body).await
}

fn types(list: &Value) -> Vec<&str> {
    let all = list["data"].as_array().unwrap().iter();
    all.map(|event| event["type"].as_str().unwrap()).collect()
}
