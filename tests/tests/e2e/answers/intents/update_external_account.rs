//! `POST /v2/accounts/{account}/external_accounts/{id}`.

use super::*;

#[tokio::test]
async fn its_holder_and_the_default() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    let first = made(&cloud, &path, &us_account("000123456789")).await;
    let second = format!("{path}/{}", made(&cloud, &path, &us_account("000111111116")).await);
    let first = format!("{path}/{first}");
    let body =
        json!({"account_holder_name": "Ada", "account_holder_type": "company", "metadata": {"a": "1"}});
    intents.post_once("changed", &second, "update-1", &body).await;
    intents.post_once("the same again", &second, "update-1", &body).await;
    intents.post("the new default", &second, &json!({"default_for_currency": true})).await;
    intents.get("the one before", &first).await;
    intents.post("no default", &second, &json!({"default_for_currency": false})).await;
    intents.post("without a holder", &second, &json!({"account_holder_name": null})).await;
    intents.post("not supported", &second, &json!({"exp_month": 1})).await;
    intents.post("its number", &second, &json!({"account_number": "000123456789"})).await;
    intents.post("an unknown one", &format!("{path}/ba_1111111111111111111111"), &body).await;
    assert_snapshot!(intents.text());
}
