//! `GET /v2/balance_settings`.

use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_tests::Client;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_a_merchant_that_has_set_nothing() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("in test mode", "/balance_settings").await;
    intents.get("a parameter", "/balance_settings?colour=red").await;
    let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
    let mut live = Transcript::new(Client::new(cloud.api("intents"), &live));
    live.get("in live mode, where nothing carries payouts", "/balance_settings").await;
    let daily = json!({"payments": {"payouts": {"schedule": {"interval": "daily"}}}});
    live.post("a schedule in live mode", "/balance_settings", &daily).await;
    assert_snapshot!(format!("{}\n{}", intents.text(), live.text()));
}
