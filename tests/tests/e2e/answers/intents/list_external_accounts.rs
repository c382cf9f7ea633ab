//! `GET /v2/accounts/{account}/external_accounts`.

use super::*;

#[tokio::test]
async fn pages() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    intents.get("nothing yet", &path).await;
    let mut accounts = Vec::new();
    for number in ["000123456789", "000111111116", "000111111113"] {
        accounts.push(made(&cloud, &path, &us_account(number)).await);
    }
    intents.get("the first page", &format!("{path}?object=bank_account&limit=2")).await;
    intents.get("the page after", &format!("{path}?limit=2&starting_after={}", accounts[1])).await;
    intents.get("the page before", &format!("{path}?ending_before={}", accounts[1])).await;
    for query in ["object=card", "limit=0", "starting_after=nothing", "colour=red"] {
        intents.get(query, &format!("{path}?{query}")).await;
    }
    intents.get("of another account", "/accounts/acct_1111111111111111111111/external_accounts").await;
    assert_snapshot!(intents.text());
}
