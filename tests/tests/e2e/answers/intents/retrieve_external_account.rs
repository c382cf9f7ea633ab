//! `GET /v2/accounts/{account}/external_accounts/{id}`.

use super::*;

#[tokio::test]
async fn a_bank_account_without_its_number() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    let account = made(&cloud, &path, &us_account("000123456789")).await;
    intents.get("a bank account", &format!("{path}/{account}")).await;
    intents.get("an unknown one", &format!("{path}/ba_1111111111111111111111")).await;
    intents.get("no id of one", &format!("{path}/nothing")).await;
    intents.get("an unknown parameter", &format!("{path}/{account}?colour=red")).await;
    let other = format!("/accounts/acct_1111111111111111111111/external_accounts/{account}");
    intents.get("of another account", &other).await;
    intents.get("of no account", &format!("/accounts/nothing/external_accounts/{account}")).await;
    assert_snapshot!(intents.text());
}
