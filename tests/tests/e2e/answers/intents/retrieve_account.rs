//! `GET /v2/account`.

use super::*;

#[tokio::test]
async fn the_account_of_a_key() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("the demo merchant's", "/account").await;
    intents.get("an unknown parameter", "/account?color=red").await;
    assert_snapshot!(intents.text());
}
