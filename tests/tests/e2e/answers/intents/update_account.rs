//! `POST /v2/accounts/{account}`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn its_metadata_alone() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let other = account_of(&cloud.partner()).await;
    let path = format!("/accounts/{other}");
    let body = json!({"metadata": {"team": "7"}});
    intents.post("not connected", &path, &body).await;
    cloud.intents().post("/accounts", &json!({"account": other})).await.expect(201);
    intents.post_once("changed", &path, "update-1", &body).await;
    intents.post_once("the same again", &path, "update-1", &body).await;
    intents.post("one key removed", &path, &json!({"metadata": {"team": "", "week": "2"}})).await;
    intents.post("what another merchant says of itself", &path, &json!({"business_type": "company"})).await;
    let own = account_of(&cloud.intents()).await;
    intents.post("the own account", &format!("/accounts/{own}"), &body).await;
    assert_snapshot!(intents.text());
}
