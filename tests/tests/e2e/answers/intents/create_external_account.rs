//! `POST /v2/accounts/{account}/external_accounts`.

use super::*;

#[tokio::test]
async fn numbers_and_tokens() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    let new = us_account("000123456789");
    intents.post_once("the first of its currency", &path, "account-1", &new).await;
    intents.post_once("the same again", &path, "account-1", &new).await;
    intents.post_once("another with the key", &path, "account-1", &us_account("000111111116")).await;
    let iban = json!({"external_account": {"object": "bank_account", "country": "DE", "currency": "eur",
        "account_number": "DE89 3704 0044 0532 0130 00"}});
    intents.post("an IBAN", &path, &iban).await;
    let token = json!({"external_account": "btok_us_verified_accountClosed", "default_for_currency": true,
        "metadata": {"a": "1"}});
    intents.post("a token, as the default", &path, &token).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn refusals() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = crate::intents::payouts::external_accounts(&cloud).await;
    for (title, name, value) in [
        ("a short number", "account_number", json!("12")),
        ("letters", "account_number", json!("ABCDEFGHI")),
        ("no number", "account_number", json!(null)),
        ("a wrong routing number", "routing_number", json!("110000001")),
        ("no routing number", "routing_number", json!(null)),
        ("no country", "country", json!("Germany")),
        ("another country", "country", json!("DE")),
        ("no currency", "currency", json!("doubloon")),
        ("a card", "object", json!("card")),
        ("an unknown holder", "account_holder_type", json!("club")),
        ("a long name", "account_holder_name", json!("x".repeat(141))),
        ("a card's parameter", "exp_month", json!(12)),
        ("unknown", "colour", json!("red")),
    ] {
        let mut body = us_account("000123456789");
        body["external_account"][name] = value;
        intents.post(title, &path, &body).await;
    }
    intents.post("an unknown token", &path, &json!({"external_account": "btok_none"})).await;
    intents.post("nothing", &path, &json!({})).await;
    let other = "/accounts/acct_1111111111111111111111/external_accounts";
    intents.post("of another account", other, &us_account("000123456789")).await;
    intents.get("none was made", &path).await;
    assert_snapshot!(intents.text());
}
