//! Connected accounts: a payout to another merchant moves the money between two ledgers at once.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud, eventually};

use super::{
    balance::books_agree,
    payouts::{available, fund},
};

/// The id of a client's own account.
async fn account(client: &Client) -> String {
    client.get("/account").await.expect(200)["id"].as_str().unwrap().to_owned()
}

/// Lets a merchant pay to another one, which accepts.
pub(crate) async fn connect(payer: &Client, other: &Client) -> String {
    let id = account(other).await;
    payer.post("/accounts", &json!({"account": id})).await.expect(201);
    let accept = format!("/accounts/{}/accept", account(payer).await);
    other.post(&accept, &json!({})).await.expect(200);
    id
}

/// The newest transfer with this balance transaction's source.
async fn received(other: &Client, count: usize) -> Vec<Value> {
    eventually(&format!("{count} transfers"), || async {
        let page = other.get("/transfers?limit=100").await.expect(200);
        let found = page["data"].as_array().unwrap().clone();
        (found.len() >= count).then_some(found)
    })
    .await
}

/// A transfer of the partner's money to the demo merchant.
pub(crate) async fn transfer(cloud: &Cloud, minor: i64) -> Value {
    let (payer, other) = (cloud.partner(), cloud.intents());
    let before = other.get("/transfers?limit=100").await.expect(200)["data"].as_array().unwrap().len();
    let to = connect(&payer, &other).await;
    fund(&payer, minor + 100, "usd").await;
    let new = json!({"amount": minor, "currency": "usd", "destination": to, "description": "Share"});
    payer.post("/payouts", &new).await.expect(201);
    received(&other, before + 1).await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_to_another_merchant_is_in_both_ledgers_at_once() {
    let cloud = Cloud::start().await;
    let (payer, other) = (cloud.partner(), cloud.intents());
    let to = connect(&payer, &other).await;
    let net = fund(&payer, 10_000, "usd").await;
    let new = json!({"amount": 4000, "currency": "usd", "destination": to, "description": "Share of May",
        "metadata": {"month": "5"}, "expand": ["destination", "balance_transaction"]});
    let paid = payer.post("/payouts", &new).await.expect(201);
    assert_eq!(
        json!([paid["status"], paid["type"], paid["automatic"], paid["destination"]["id"]]),
        json!(["paid", "account", false, to])
    );
    let taken = &paid["balance_transaction"];
    assert_eq!(
        json!(["type", "amount", "fee", "net", "status"].map(|name| &taken[name])),
        json!(["payout", -4000, 0, -4000, "available"])
    );
    // No waiting: one transaction moved both.
    assert_eq!(available(&payer, "usd").await, net - 4000);
    assert_eq!(available(&other, "usd").await, 4000);
    let transfer = received(&other, 1).await.remove(0);
    assert_eq!(
        json!(
            [
                "object",
                "amount",
                "currency",
                "description",
                "destination",
                "source_account",
                "reversed",
                "metadata"
            ]
            .map(|name| &transfer[name])
        ),
        json!(["transfer", 4000, "usd", "Share of May", to, account(&payer).await, false, {}])
    );
    let given = transfer["balance_transaction"].as_str().unwrap();
    let given = other.get(&format!("/balance_transactions/{given}?expand[]=source")).await.expect(200);
    assert_eq!(
        json!(["type", "reporting_category", "amount", "fee", "net", "status"].map(|name| &given[name])),
        json!(["transfer", "transfer", 4000, 0, 4000, "available"])
    );
    assert_eq!(given["source"]["id"], transfer["id"]);
    // What came in can go out: to the bank, or further.
    other.post("/payouts", &json!({"amount": 4000, "currency": "usd"})).await.expect(201);
    let canceled = payer.post(&format!("/payouts/{}/cancel", paid["id"].as_str().unwrap()), &json!({})).await;
    canceled.expect(400);
    let listed = payer.get(&format!("/payouts?destination={to}")).await.expect(200);
    assert_eq!(listed["data"][0]["id"], paid["id"]);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_merchant_is_told_of_its_own_end() {
    let cloud = Cloud::start().await;
    let (payer, other) = (cloud.partner(), cloud.intents());
    let to = connect(&payer, &other).await;
    fund(&payer, 10_000, "usd").await;
    let new = json!({"amount": 4000, "currency": "usd", "destination": to});
    let paid = payer.post("/payouts", &new).await.expect(201);
    let transfer = received(&other, 1).await.remove(0);
    let told = async |client: &Client, about: &str, count: usize| {
        let path = format!("/events?limit=100&related_object={about}");
        let page = eventually(&format!("events of {about}"), || async {
            let page = client.get(&path).await.expect(200);
            (page["data"].as_array().unwrap().len() >= count).then_some(page)
        })
        .await;
        let events = page["data"].as_array().unwrap().iter().rev();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&payer, paid["id"].as_str().unwrap(), 2).await, ["payout.created", "payout.paid"]);
    assert_eq!(told(&payer, &to, 1).await, ["account.updated"]);
    assert_eq!(told(&other, transfer["id"].as_str().unwrap(), 1).await, ["transfer.created"]);
    let page =
        other.get("/events?limit=100&types[]=payout.created&types[]=account.updated").await.expect(200);
    assert_eq!(page["data"], json!([]), "the other merchant's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_to_a_merchant_that_has_not_accepted() {
    let cloud = Cloud::start().await;
    let (payer, other) = (cloud.partner(), cloud.intents());
    let id = account(&other).await;
    let net = fund(&payer, 10_000, "usd").await;
    let new = json!({"amount": 4000, "currency": "usd", "destination": id});
    let refused = async |status: u16, code: &str| {
        let error = payer.post("/payouts", &new).await.expect(status)["error"].clone();
        assert_eq!(json!([error["code"], error["param"]]), json!([code, "destination"]));
    };
    refused(404, "resource_missing").await;
    payer.post("/accounts", &json!({"account": id})).await.expect(201);
    refused(400, "transfers_not_allowed").await;
    // Only the merchant that was asked can accept, whatever another one sends.
    let stranger = Client::new(cloud.api("intents"), &cloud.other_merchants_key().await);
    let accept = format!("/accounts/{}/accept", account(&payer).await);
    stranger.post(&accept, &json!({})).await.expect(404);
    payer.post(&accept, &json!({})).await.expect(404);
    payer.post(&format!("/accounts/{id}/accept"), &json!({})).await.expect(404);
    refused(400, "transfers_not_allowed").await;
    // The other direction is another consent.
    other.post(&accept, &json!({})).await.expect(200);
    let back = json!({"amount": 1, "currency": "usd", "destination": account(&payer).await});
    other.post("/payouts", &back).await.expect(404);
    assert_eq!((available(&payer, "usd").await, available(&other, "usd").await), (net, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_give_no_more_than_there_is() {
    let cloud = Cloud::start().await;
    let (payer, other) = (cloud.partner(), cloud.intents());
    let to = connect(&payer, &other).await;
    let net = fund(&payer, 10_000, "usd").await;
    let tries = (0..16).map(|n| {
        let (payer, to) = (&payer, &to);
        async move {
            let new = json!({"amount": 1500, "currency": "usd", "destination": to});
            let key = format!("share-{n}");
            let first = payer.post_once("/payouts", &key, &new).await;
            let again = payer.post_once("/payouts", &key, &new).await;
            if first.status.is_success() {
                assert_eq!(first.json()["id"], again.json()["id"]);
            }
            u16::from(first.status) == 201
        }
    });
    let made = join_all(tries).await.into_iter().filter(|made| *made).count();
    let moved = 1500 * i64::try_from(made).unwrap();
    assert_eq!(made, usize::try_from(net / 1500).unwrap());
    assert_eq!((available(&payer, "usd").await, available(&other, "usd").await), (net - moved, moved));
    assert_eq!(received(&other, made).await.len(), made);
    books_agree(&cloud).await;
}
