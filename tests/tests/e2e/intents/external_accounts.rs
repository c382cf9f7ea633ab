//! Bank accounts: one default for each currency, sealed numbers.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_tests::Cloud;

use super::payouts::{external_accounts, fund, reaches};

fn us(number: &str) -> Value {
    json!({"external_account": {"object": "bank_account", "country": "US", "currency": "usd",
        "routing_number": "110000000", "account_number": number}})
}

async fn all(cloud: &Cloud, path: &str) -> Vec<Value> {
    let page = cloud.intents().get(&format!("{path}?limit=100")).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_the_default_of_its_currency_whoever_changes_it() {
    let cloud = super::published::unlimited().await;
    let (intents, path) = (cloud.intents(), external_accounts(&cloud).await);
    let new = us("000123456789");
    let made = join_all((0..8).map(|_| intents.post(&path, &new))).await;
    assert!(made.iter().all(|answer| answer.status.as_u16() == 201), "{made:?}");
    let defaults = |accounts: &[Value]| {
        accounts.iter().filter(|account| account["default_for_currency"] == true).count()
    };
    let accounts = all(&cloud, &path).await;
    assert_eq!((accounts.len(), defaults(&accounts)), (8, 1));
    let paths: Vec<String> =
        accounts.iter().map(|account| format!("{path}/{}", account["id"].as_str().unwrap())).collect();
    let default = json!({"default_for_currency": true});
    // Half of them want to be the default while the others are deleted.
    let (become_default, go) = paths.split_at(4);
    let (changed, deleted) = tokio::join!(
        join_all(become_default.iter().map(|path| intents.post(path, &default))),
        join_all(go.iter().map(|path| intents.delete(path)))
    );
    for answer in changed.iter().chain(&deleted) {
        assert!(
            answer.status.is_success() || answer.text.contains("is the default of its currency"),
            "{answer:?}"
        );
    }
    let left = all(&cloud, &path).await;
    let gone = deleted.iter().filter(|answer| answer.status.is_success()).count();
    assert_eq!((left.len(), defaults(&left)), (8 - gone, 1));
    // A payout without a destination goes to it.
    fund(&intents, 5000, "usd").await;
    let payout = intents.post("/payouts", &json!({"amount": 1, "currency": "usd"})).await.expect(201);
    let is_default = |account: &&Value| account["default_for_currency"] == true;
    assert_eq!(payout["destination"], left.iter().find(is_default).unwrap()["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_fifty_accounts_at_most() {
    let cloud = super::published::unlimited().await;
    let (intents, path) = (cloud.intents(), external_accounts(&cloud).await);
    for _ in 0..48 {
        intents.post(&path, &json!({"external_account": "btok_us_verified"})).await.expect(201);
    }
    let new = json!({"external_account": "btok_us_verified"});
    let made = join_all((0..6).map(|_| intents.post(&path, &new))).await;
    let count = |status: u16| made.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(201), count(400)), (2, 4), "{made:?}");
    assert_eq!(all(&cloud, &path).await.len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_nowhere_in_clear_and_still_opens_after_the_vaults_key_was_changed() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let (intents, path) = (cloud.intents(), external_accounts(&cloud).await);
    let made = intents.post_once(&path, "secret", &us("000111111116")).await.expect(201);
    let wrong = us("0001111111160000000000000000000");
    intents.post(&path, &wrong).await.expect(400);
    fund(&intents, 5000, "usd").await;
    cloud.run_admin(&["add-vault-key"]).unwrap();
    cloud.run_admin(&["promote-vault-key", "--now"]).unwrap();
    let resealed = cloud.run_admin(&["reseal"]).unwrap();
    assert_eq!(resealed["resealed"], 5, "with both processors' accounts and the secrets of their notices");
    let new = json!({"amount": 100, "currency": "usd", "destination": made["id"]});
    let payout = intents.post("/payouts", &new).await.expect(201);
    let failed = reaches(&cloud, &payout["id"], "failed").await;
    assert_eq!(failed["failure_code"], "no_account");
    let shown = intents.get(&format!("{path}/{}", made["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown, made, "that it was sealed again is no change");
    let log = cloud.log.lock().unwrap().join("\n");
    assert!(log.contains("\"message\":\"request\""), "there is a log to look at");
    let tables = tollgate_tests::release::scan(&cloud).await.to_string();
    assert!(tables.contains("1116"), "the last four are kept");
    for text in [log, tables] {
        assert!(!text.contains("000111111116") && !text.contains("111111116"), "the number is in clear");
    }
}
