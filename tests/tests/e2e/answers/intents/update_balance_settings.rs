//! `POST /v2/balance_settings`.

use super::*;

/// Settings of payouts.
fn payouts(settings: &Value) -> Value {
    json!({"payments": {"payouts": settings}})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_stays() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = "/balance_settings";
    let weekly = json!({"interval": "weekly", "weekly_payout_days": ["thursday", "monday"]});
    let body = payouts(&json!({"schedule": weekly, "statement_descriptor": "SHOP"}));
    intents.post_once("every week", path, "settings-1", &body).await;
    intents.post_once("the same again", path, "settings-1", &body).await;
    intents.post_once("another with the key", path, "settings-1", &json!({})).await;
    let keep = json!({"minimum_balance_by_currency": {"usd": 1500, "jpy": 0}});
    intents.post("what stays in the balance", path, &payouts(&keep)).await;
    let monthly = json!({"interval": "monthly", "monthly_payout_days": [1, 31]});
    let body = payouts(
        &json!({"schedule": monthly, "minimum_balance_by_currency": {"jpy": null}, "statement_descriptor": null}),
    );
    intents.post("every month", path, &body).await;
    intents.get("as it is now", path).await;
    intents.post("by hand", path, &payouts(&json!({"schedule": {"interval": "manual"}}))).await;
    assert_snapshot!(intents.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    for (title, settings) in [
        ("no interval", json!({"schedule": {}})),
        ("another interval", json!({"schedule": {"interval": "hourly"}})),
        ("no days of the week", json!({"schedule": {"interval": "weekly"}})),
        ("an empty week", json!({"schedule": {"interval": "weekly", "weekly_payout_days": []}})),
        (
            "a day without banks",
            json!({"schedule": {"interval": "weekly", "weekly_payout_days": ["sunday"]}}),
        ),
        ("no days of the month", json!({"schedule": {"interval": "monthly"}})),
        (
            "a day that no month has",
            json!({"schedule": {"interval": "monthly", "monthly_payout_days": [32]}}),
        ),
        (
            "days of another interval",
            json!({"schedule": {"interval": "daily", "weekly_payout_days": ["monday"]}}),
        ),
        ("a minimum below nothing", json!({"minimum_balance_by_currency": {"usd": -1}})),
        ("a minimum of no currency", json!({"minimum_balance_by_currency": {"gold": 1}})),
        ("a long descriptor", json!({"statement_descriptor": "x".repeat(23)})),
        ("not supported", json!({"automatic_transfer_rules_by_currency": {}})),
        ("unknown", json!({"colour": "red"})),
    ] {
        intents.post(title, "/balance_settings", &payouts(&settings)).await;
    }
    let delay = json!({"payments": {"settlement_timing": {"delay_days_override": 1}}});
    intents.post("the operator's", "/balance_settings", &delay).await;
    intents.get("nothing changed", "/balance_settings").await;
    assert_snapshot!(intents.text());
}
