//! What every route refuses in the same way: no key, a wrong one, one without the scope, a body that is no JSON, a thing that
//! is not there, and too many requests. The routes are those of the table of callers, which has every route of the templates.

use reqwest::{Method, RequestBuilder};
use tollgate_domain::{KeyKind, Mode};
use tollgate_tests::Client;

use super::*;
use crate::callers::{
    all_but,
    table::{ROWS, Row},
};

/// Ids that nothing has, by the names that the table of callers gives things.
fn unknown(name: &str) -> &'static str {
    match name {
        "payment" | "simple_payment" | "waiting" => "pay_1111111111111111111111",
        "intent" | "capturable" | "succeeded" => "pi_1111111111111111111111",
        "charge" | "capturable_charge" => "ch_1111111111111111111111",
        "customer" => "cus_1111111111111111111111",
        "refund" | "pending_refund" => "re_1111111111111111111111",
        "dispute" => "dp_1111111111111111111111",
        "payout" | "pending_payout" => "po_1111111111111111111111",
        "bank_account" => "ba_1111111111111111111111",
        "account" | "connected" | "payer" => "acct_1111111111111111111111",
        "transfer" => "tr_1111111111111111111111",
        "product" => "prod_1111111111111111111111",
        "price" => "price_1111111111111111111111",
        "method" | "attached" => "pm_1111111111111111111111",
        "endpoint" => "we_1111111111111111111111",
        "event" => "evt_1111111111111111111111",
        "transaction" => "txn_1111111111111111111111",
        "key" => "key_1111111111111111111111",
        "reference" => "00000000-0000-4000-8000-000000000000",
        "order" => "order-1",
        other => panic!("what is {other}?"),
    }
}

/// A text of the table with unknown ids in the place of names.
fn filled(text: &str) -> String {
    let mut parts = text.split('<');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('>').unwrap();
        filled.push_str(unknown(name));
        filled.push_str(rest);
    }
    filled
}

fn ask(client: &Client, row: &Row, body: &str) -> RequestBuilder {
    let request = client.request(row.method(), &filled(row.path));
    if row.method() == Method::GET || row.method() == Method::DELETE {
        return request;
    }
    request.header("content-type", "application/json").body(body.to_owned())
}

/// A request of a row; the credentials of `direct-issue-token` are in its body.
fn body_of(cloud: &Cloud, row: &Row, key: &str) -> String {
    if row.function == "direct-issue-token" {
        return json!({"client_id": cloud.ready["credentials"]["client_id"], "client_secret": key})
            .to_string();
    }
    filled(row.body)
}

#[test]
fn every_route_that_asks_for_a_key_has_a_snapshot() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/answers/snapshots");
    let file = |row: &Row| folder.join(format!("e2e__answers__refusals__{}.snap", row.function));
    let asked = ROWS.iter().filter(|row| row.asks_for_a_key());
    let missing: Vec<_> = asked.map(file).filter(|file| !file.is_file()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Asks every route of a front door what it should refuse; one snapshot for each.
async fn refuse(front_door: &str) {
    let cloud = Cloud::start().await;
    let is_asked = |row: &&Row| row.api() == front_door && row.asks_for_a_key();
    let rows: Vec<_> = ROWS.iter().filter(is_asked).collect();
    let good = cloud.client_of(front_door, &cloud.key());
    let mut transcripts: Vec<_> = rows.iter().map(|_| Transcript::new(good.clone())).collect();
    for (row, transcript) in rows.iter().zip(&mut transcripts) {
        let body = body_of(&cloud, row, &cloud.key());
        if row.function != "direct-issue-token" {
            let url = format!("{}{}", cloud.api(front_door), filled(row.path));
            let nobody = reqwest::Client::new().request(row.method(), url);
            let nobody = nobody.header("content-type", "application/json").body(body.clone());
            transcript.send("without a key", nobody).await;
        }
        let wrong = good.with_key("sk_test_wrong");
        transcript.send("with a wrong key", ask(&wrong, row, &body_of(&cloud, row, "sk_test_wrong"))).await;
        if let Some(needed) = row.needs() {
            let key = cloud.demo_key(Mode::Test, KeyKind::Secret, &all_but(needed)).await;
            transcript.send("without the scope", ask(&good.with_key(&key), row, &body)).await;
        }
        let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
        transcript
            .send(
                "with a publishable key",
                ask(&good.with_key(publishable), row, &body_of(&cloud, row, publishable)),
            )
            .await;
        if !row.body.is_empty() {
            transcript.send("with no JSON", ask(&good, row, r#"{"a": 1,}"#)).await;
            transcript.send("with an empty body", ask(&good, row, "")).await;
        }
        if row.names_something() {
            transcript.send("with ids of nothing", ask(&good, row, &body)).await;
        }
    }
    cloud.use_up_key(&cloud.key()).await;
    cloud.use_up_tenant(cloud.demo_scope()).await;
    for (row, mut transcript) in rows.iter().zip(transcripts) {
        transcript.send("too often", ask(&good, row, &body_of(&cloud, row, &cloud.key()))).await;
        assert_snapshot!(row.function, transcript.text());
    }
}

#[tokio::test]
async fn charges_refuses() {
    refuse("charges").await;
}

#[tokio::test]
async fn checkout_refuses() {
    refuse("checkout").await;
}

#[tokio::test]
async fn direct_refuses() {
    refuse("direct").await;
}

#[tokio::test]
async fn intents_refuses() {
    refuse("intents").await;
}

#[tokio::test]
async fn simple_refuses() {
    refuse("simple").await;
}
