//! A month of one merchant, whose every figure is worked out by hand.
//!
//! No figure here comes from the code: the fees are 2.9 % and 30 cents of US dollars, 1.4 % and 25 cents of euros, and 3.6 % of yen, of which half
//! a unit is rounded up; a dispute costs 15 dollars or 20 euros. The API, its CSV, the stored ledger and the operator's tool have to
//! say the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tollgate_domain::BalanceTransaction;
use tollgate_store::ListQuery;
use tollgate_tests::{Client, Cloud, eventually, settled};

use super::{
    balance::{REFUNDS_FAIL, booked, books_agree, paid},
    connected_accounts::connect,
    payouts::{bank_account, reaches},
};
use crate::callers::world::dispute_of;

/// Currency, type, reporting category, amount, fee and net.
type Row = (&'static str, &'static str, &'static str, i64, i64, i64);

/// Every balance transaction of the month.
const ROWS: &[Row] = &[
    // 290 + 30.
    ("usd", "charge", "charge", 10_000, 320, 9680),
    // 75.371, that is 75, + 30. Of it 600 are refunded, without the fee.
    ("usd", "charge", "charge", 2599, 105, 2494),
    ("usd", "refund", "refund", -600, 0, -600),
    // 3333 of 5000 are captured: 96.657, that is 97, + 30.
    ("usd", "charge", "charge", 3333, 127, 3206),
    // 116 + 30. It is disputed, and the dispute is won: the money is back, the fee is not.
    ("usd", "charge", "charge", 4000, 146, 3854),
    ("usd", "adjustment", "dispute", -4000, 1500, -5500),
    ("usd", "adjustment", "dispute_reversal", 4000, 0, 4000),
    // One payout arrives, one fails and one is canceled.
    ("usd", "payout", "payout", -5000, 0, -5000),
    ("usd", "payout", "payout", -1000, 0, -1000),
    ("usd", "payout_failure", "payout_reversal", 1000, 0, 1000),
    ("usd", "payout", "payout", -700, 0, -700),
    ("usd", "payout_cancel", "payout_reversal", 700, 0, 700),
    // Another merchant's share comes in, and one goes to it.
    ("usd", "transfer", "transfer", 1000, 0, 1000),
    ("usd", "payout", "payout", -134, 0, -134),
    // 112 + 25. It is refunded in two parts.
    ("eur", "charge", "charge", 8000, 137, 7863),
    ("eur", "refund", "refund", -3000, 0, -3000),
    ("eur", "refund", "refund", -5000, 0, -5000),
    // 172.83, that is 173, + 25. It is disputed, and the dispute is lost.
    ("eur", "charge", "charge", 12_345, 198, 12_147),
    ("eur", "adjustment", "dispute", -12_345, 2000, -14_345),
    // 280.7, that is 281, + 25. Its refund fails, and the money comes back.
    ("eur", "charge", "charge", 20_050, 306, 19_744),
    ("eur", "refund", "refund", -1000, 0, -1000),
    ("eur", "refund_failure", "refund_failure", 1000, 0, 1000),
    ("eur", "payout", "payout", -2500, 0, -2500),
    // 37.8, that is 38.
    ("jpy", "charge", "charge", 1050, 38, 1012),
    ("jpy", "refund", "refund", -500, 0, -500),
    // 4.5, that is 5; and 4.464, that is 4.
    ("jpy", "charge", "charge", 125, 5, 120),
    ("jpy", "charge", "charge", 124, 4, 120),
    // 180. Its money is pending for a week.
    ("jpy", "charge", "charge", 5000, 180, 4820),
];

/// Currency, available, pending, fees, and what the processors owe.
const ENDS: &[(&str, i64, i64, i64, i64)] = &[
    // 9680 + 2494 - 600 + 3206 + 3854 - 5500 + 4000 - 5000 + 1000 - 134; 320 + 105 + 127 + 146 + 1500.
    ("eur", 14_909, 0, 2641, 17_550),
    ("jpy", 752, 4820, 227, 5799),
    ("usd", 13_000, 0, 2198, 15_198),
];

/// A row that was shown, as those that were worked out.
fn row(shown: &BTreeMap<String, String>) -> (String, String, String, i64, i64, i64) {
    let text = |name: &str| shown[name].clone();
    let number = |name: &str| shown[name].parse().unwrap_or_else(|_| panic!("{name} of {shown:?}"));
    (
        text("currency"),
        text("type"),
        text("reporting_category"),
        number("amount"),
        number("fee"),
        number("net"),
    )
}

/// The fields of an object as texts.
fn fields(object: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    object.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Whether rows are those of the month, in whatever order.
fn are_the_months(shown: &[BTreeMap<String, String>], of: &str) {
    let mut shown: Vec<_> = shown.iter().map(row).collect();
    shown.sort_unstable();
    let owned = |row: &Row| (row.0.to_owned(), row.1.to_owned(), row.2.to_owned(), row.3, row.4, row.5);
    let mut expected: Vec<_> = ROWS.iter().map(owned).collect();
    expected.sort_unstable();
    assert_eq!(shown, expected, "{of}");
}

/// A charge that is disputed, and evidence that decides it.
async fn disputed(intents: &Client, minor: i64, currency: &str, evidence: &str, end: &str) {
    let method = "pm_card_createDispute";
    let body = json!({"amount": minor, "currency": currency, "payment_method": method, "confirm": true});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let dispute = dispute_of(intents, &intent).await;
    let path = format!("/disputes/{}", dispute["id"].as_str().unwrap());
    let body = json!({"evidence": {"uncategorized_text": evidence}});
    intents.post(&path, &body).await.expect(200);
    eventually(&format!("the dispute is {end}"), || async {
        (intents.get(&path).await.expect(200)["status"] == end).then_some(())
    })
    .await;
}

async fn refund(intents: &Client, intent: &Value, minor: i64) -> Value {
    let body = json!({"payment_intent": intent["id"], "amount": minor});
    intents.post("/refunds", &body).await.expect(201)
}

async fn pay_out(intents: &Client, body: &Value) -> Value {
    intents.post("/payouts", body).await.expect(201)
}

async fn dollars(cloud: &Cloud) {
    let (intents, partner) = (cloud.intents(), cloud.partner());
    paid(&intents, 10_000, "usd", VISA).await;
    let part = paid(&intents, 2599, "usd", VISA).await;
    refund(&intents, &part, 600).await;
    let new = json!({"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": true, "capture_method": "manual"});
    let held = intents.post("/payment_intents", &new).await.expect(201);
    let capture = format!("/payment_intents/{}/capture", held["id"].as_str().unwrap());
    intents.post(&capture, &json!({"amount_to_capture": 3333})).await.expect(200);
    booked(&intents, &held["latest_charge"]).await;
    disputed(&intents, 4000, "usd", "winning_evidence", "won").await;
    let arrives = pay_out(&intents, &json!({"amount": 5000, "currency": "usd"})).await;
    let closed = json!({"external_account": {"object": "bank_account", "country": "US", "currency": "usd",
        "routing_number": "110000000", "account_number": "000111111116"}});
    let closed = bank_account(cloud, &closed).await;
    let fails = pay_out(&intents, &json!({"amount": 1000, "currency": "usd", "destination": closed})).await;
    let canceled = pay_out(&intents, &json!({"amount": 700, "currency": "usd"})).await;
    let path = format!("/payouts/{}/cancel", canceled["id"].as_str().unwrap());
    intents.post(&path, &json!({})).await.expect(200);
    reaches(cloud, &arrives["id"], "paid").await;
    reaches(cloud, &fails["id"], "failed").await;
    let to = connect(&partner, &intents).await;
    super::payouts::fund(&partner, 2000, "usd").await;
    pay_out(&partner, &json!({"amount": 1000, "currency": "usd", "destination": to})).await;
    let to = connect(&intents, &partner).await;
    pay_out(&intents, &json!({"amount": 134, "currency": "usd", "destination": to})).await;
}

async fn euros(cloud: &Cloud) {
    let intents = cloud.intents();
    let whole = paid(&intents, 8000, "eur", VISA).await;
    refund(&intents, &whole, 3000).await;
    refund(&intents, &whole, 5000).await;
    disputed(&intents, 12_345, "eur", "losing_evidence", "lost").await;
    let failing = paid(&intents, 20_050, "eur", REFUNDS_FAIL).await;
    let failed = refund(&intents, &failing, 1000).await;
    eventually("the refund's money is back", || async {
        let path = format!("/balance/history?source={}", failed["id"].as_str().unwrap());
        (intents.get(&path).await.expect(200)["data"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    let arrives = pay_out(&intents, &json!({"amount": 2500, "currency": "eur"})).await;
    reaches(cloud, &arrives["id"], "paid").await;
}

async fn yen(cloud: &Cloud, merchant: &str) {
    let intents = cloud.intents();
    let part = paid(&intents, 1050, "jpy", VISA).await;
    refund(&intents, &part, 500).await;
    for minor in [125, 124] {
        let one = paid(&intents, minor, "jpy", VISA).await;
        booked(&intents, &one["latest_charge"]).await;
    }
    booked(&intents, &part["latest_charge"]).await;
    cloud.run_admin(&["set-fees", merchant, "--delay-days", "7"]).unwrap();
    let late = paid(&intents, 5000, "jpy", VISA).await;
    booked(&intents, &late["latest_charge"]).await;
}

const VISA: &str = "4242424242424242";

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_a_month_is_as_it_is_worked_out_by_hand() {
    let cloud = Cloud::start().await;
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap().to_owned();
    for terms in [
        &["--delay-days", "0"] as &[&str],
        &["--basis-points", "140", "--fixed", "25", "--dispute-fee", "2000", "--currency", "EUR"],
        &["--basis-points", "360", "--fixed", "0", "--currency", "JPY"],
    ] {
        cloud.run_admin(&[&["set-fees", merchant.as_str()], terms].concat()).unwrap();
    }
    tokio::join!(dollars(&cloud), euros(&cloud));
    yen(&cloud, &merchant).await;
    let intents = cloud.intents();
    let expected: Vec<Value> =
        ENDS.iter().map(|(code, available, pending, ..)| json!([code, available, pending])).collect();
    let outcome = settled(async || {
        let balance = intents.get("/balance").await.expect(200);
        let of = |one: (&Value, &Value)| json!([one.0["currency"], one.0["amount"], one.1["amount"]]);
        let both =
            balance["available"].as_array().unwrap().iter().zip(balance["pending"].as_array().unwrap());
        let shown: Vec<Value> = both.map(of).collect();
        if shown == expected { Ok(()) } else { Err(shown) }
    });
    assert_eq!(outcome.await.err(), None, "expected {expected:?}");

    let listed = all_pages(&intents).await;
    are_the_months(&listed.iter().map(fields).collect::<Vec<_>>(), "the list");
    for one in &listed {
        let path = format!("/balance/history/{}", one["id"].as_str().unwrap());
        assert_eq!(intents.get(&path).await.expect(200), *one);
        let is_pending = one["currency"] == "jpy" && one["amount"] == 5000;
        assert_eq!(one["status"], if is_pending { "pending" } else { "available" }, "{one}");
    }
    let csv = all_csv_rows(&intents).await;
    are_the_months(&csv, "the CSV");
    for (row, one) in csv.iter().zip(&listed) {
        let of_json = fields(one);
        for name in ["id", "source", "status", "description"] {
            let text = of_json[name].replace("null", "");
            assert_eq!(row[name].trim_start_matches('\''), text, "{name} of {row:?}");
        }
    }

    // The stored ledger: nothing is withheld or on its way, and each currency adds up to nothing.
    let stored =
        cloud.store().list::<BalanceTransaction>(cloud.demo_scope(), &ListQuery::new(1000), None).await;
    let net: i64 = stored.unwrap().items.iter().map(BalanceTransaction::net).sum();
    assert_eq!(net, ROWS.iter().map(|row| row.5).sum::<i64>());
    let balances = cloud.store().balances(cloud.demo_scope()).await.unwrap();
    let shown: Vec<_> = balances
        .iter()
        .map(|balance| {
            let accounts = balance.accounts;
            assert_eq!((accounts.in_transit, accounts.disputed), (0, 0), "{accounts:?}");
            let code = balance.currency.code().to_ascii_lowercase();
            (code, accounts.available, accounts.pending, accounts.fees, -accounts.processor)
        })
        .collect();
    let expected: Vec<_> =
        ENDS.iter().map(|(code, a, p, f, o)| ((*code).to_owned(), *a, *p, *f, *o)).collect();
    assert_eq!(shown, expected);
    books_agree(&cloud).await;
}

/// All balance transactions, newest first, seven on a page.
async fn all_pages(intents: &Client) -> Vec<Value> {
    let (mut all, mut query) = (Vec::new(), "?limit=7".to_owned());
    loop {
        let page = intents.get(&format!("/balance/history{query}")).await.expect(200);
        all.extend(page["data"].as_array().unwrap().clone());
        if page["has_more"] == false {
            return all;
        }
        query = format!("?limit=7&starting_after={}", all.last().unwrap()["id"].as_str().unwrap());
    }
}

/// All rows of the CSV, by the names in its head.
async fn all_csv_rows(intents: &Client) -> Vec<BTreeMap<String, String>> {
    let (mut all, mut query) = (Vec::new(), "?format=csv&limit=9".to_owned());
    loop {
        let answer = intents.get(&format!("/balance/history{query}")).await;
        let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
        all.extend(reader.deserialize().map(Result::unwrap));
        if answer.headers.get("link").is_none() {
            return all;
        }
        query = super::balance::next(answer.header("link"));
    }
}
