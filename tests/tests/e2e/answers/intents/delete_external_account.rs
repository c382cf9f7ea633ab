//! `DELETE /v2/accounts/{account}/external_accounts/{id}`.

use super::*;

#[tokio::test]
async fn the_default_goes_last() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    let first = made(&cloud, &path, &us_account("000123456789")).await;
    let second = format!("{path}/{}", made(&cloud, &path, &us_account("000111111116")).await);
    let first = format!("{path}/{first}");
    intents.delete("the default", &first).await;
    intents.delete("the other", &second).await;
    intents.delete("once more", &second).await;
    intents.get("deleted", &second).await;
    intents.post("changed", &second, &json!({"account_holder_name": "Ada"})).await;
    intents.delete("the default, which is the last one", &first).await;
    intents.get("none is left", &path).await;
    assert_snapshot!(intents.text());
}
