//! `POST /v2/accounts`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn another_merchant_is_asked_once() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let other = account_of(&cloud.partner()).await;
    let body = json!({"account": other, "metadata": {"team": "7"}});
    intents.post_once("asked", "/accounts", "account-1", &body).await;
    intents.post_once("the same again", "/accounts", "account-1", &body).await;
    intents.post_once("another with the key", "/accounts", "account-1", &json!({"account": other})).await;
    intents.post("asked again, with other metadata", "/accounts", &json!({"account": other})).await;
    assert_snapshot!(intents.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let own = account_of(&cloud.intents()).await;
    intents.post("none", "/accounts", &json!({})).await;
    intents.post("the own one", "/accounts", &json!({"account": own})).await;
    intents.post("no id", "/accounts", &json!({"account": "acct_1"})).await;
    for (name, value) in
        [("type", json!("express")), ("email", json!("a@example.com")), ("colour", json!("red"))]
    {
        let mut body = json!({"account": "acct_1111111111111111111111"});
        body[name] = value;
        intents.post(name, "/accounts", &body).await;
    }
    intents.get("what was made", "/accounts").await;
    assert_snapshot!(intents.text());
}
