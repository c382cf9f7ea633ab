//! The ledger, as merchants and the operator see it.

use serde_json::{Value, json};
use tollgate_tests::{
    Client, Cloud, Receiver,
    dynamodb::{ask, n, s},
    eventually, settled,
};

use crate::{
    checkout::{initialized, pay, with},
    payment,
};

/// Waits until something is booked; gives its newest balance transaction.
pub(crate) async fn booked(intents: &Client, source: &Value) -> Value {
    let path = format!("/balance/history?source={}", source.as_str().unwrap());
    eventually(&format!("{source} is booked"), || async {
        intents.get(&path).await.expect(200)["data"].get(0).cloned()
    })
    .await
}

/// The amounts of a balance by currency: pending and available.
async fn balance(intents: &Client) -> Vec<(String, i64, i64)> {
    let shown = intents.get("/balance").await.expect(200);
    assert_eq!(shown["object"], "balance");
    let amounts = |name: &str| -> Vec<(String, i64)> {
        let amounts = shown[name].as_array().unwrap().iter();
        amounts
            .map(|one| (one["currency"].as_str().unwrap().to_owned(), one["amount"].as_i64().unwrap()))
            .collect()
    };
    let (pending, available) = (amounts("pending"), amounts("available"));
    let both = pending.into_iter().zip(available);
    both.map(|((currency, pending), (same, available))| {
        assert_eq!(currency, same);
        (currency, pending, available)
    })
    .collect()
}

async fn has_balance(intents: &Client, expected: &[(&str, i64, i64)]) {
    let expected: Vec<_> = expected.iter().map(|(code, p, a)| ((*code).to_owned(), *p, *a)).collect();
    let outcome = settled(async || {
        let found = balance(intents).await;
        if found == expected { Ok(()) } else { Err(found) }
    });
    assert_eq!(outcome.await.err(), None, "expected {expected:?}");
}

/// All balance transactions, newest first: type, amount, fee and net.
async fn history(intents: &Client, query: &str) -> Vec<(String, i64, i64, i64)> {
    let page = intents.get(&format!("/balance/history?limit=100{query}")).await.expect(200);
    let number = |one: &Value, name: &str| one[name].as_i64().unwrap();
    let all = page["data"].as_array().unwrap().iter();
    all.map(|one| {
        let kind = one["type"].as_str().unwrap().to_owned();
        (kind, number(one, "amount"), number(one, "fee"), number(one, "net"))
    })
    .collect()
}

/// An intent that is confirmed with this card.
pub(crate) async fn paid(intents: &Client, minor: i64, currency: &str, card: &str) -> Value {
    let card = json!({"type": "card", "card": {"number": card, "exp_month": 12, "exp_year": 2030}});
    let body = json!({"amount": minor, "currency": currency, "payment_method_data": card, "confirm": true});
    intents.post("/payment_intents", &body).await.expect(201)
}

const VISA: &str = "4242424242424242";
/// Its refunds fail after they were made.
pub(crate) const REFUNDS_FAIL: &str = "4000000000005126";

/// Asserts that the operator's tool finds no difference.
pub(crate) async fn books_agree(cloud: &Cloud) -> Value {
    eventually("the books agree", || async {
        let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
        (verified["differences"] == json!([])).then_some(verified)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_every_front_door_are_booked() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let card = json!({"number": VISA, "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let direct = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "card": card});
    cloud.client("direct").post("/payments", &direct).await.expect(200);
    let simple = json!({"amount": 10, "currency": "USD", "source": "tok_visa"});
    cloud.client("simple").post("/payments", &simple).await.expect(201);
    let order = with("books", &json!({"payment_provider": "mpgs", "amount": 100.50, "currency": "USD"}));
    let (_, page) = initialized(&cloud, &order).await;
    pay(&page).await;
    paid(&intents, 4900, "eur", VISA).await;
    // Fees: 1000 GBP 29 + 30, 5000 USD 145 + 30, 1000 USD 29 + 30, 10050 USD 291.45 + 30, 4900 EUR 142.1 + 30.
    let expected = [("eur", 4728, 0), ("gbp", 941, 0), ("usd", 4825 + 941 + 9729, 0)];
    has_balance(&intents, &expected).await;
    let kinds = history(&intents, "").await;
    assert!(kinds.len() == 5 && kinds.iter().all(|(kind, ..)| kind == "charge"), "{kinds:?}");
    let verified = books_agree(&cloud).await;
    assert_eq!((&verified["payments_and_refunds"], &verified["balances"]), (&json!(5), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_in_two_currencies_is_booked_as_it_is_computed_by_hand() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let fees = ["set-fees", merchant, "--basis-points", "360", "--fixed", "0", "--currency", "JPY"];
    let set = cloud.run_admin(&fees).unwrap();
    assert_eq!(set["fee"], json!({"basis_points": 290, "fixed": 30}));
    // 10000 EUR less 290 + 30 is 9680.
    let whole = paid(&intents, 10_000, "eur", VISA).await;
    // Of 5000 EUR 2000 are captured: less 58 + 30 that is 1912.
    let part = json!({"amount": 5000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true,
        "capture_method": "manual"});
    let part = intents.post("/payment_intents", &part).await.expect(201);
    let capture = format!("/payment_intents/{}/capture", part["id"].as_str().unwrap());
    intents.post(&capture, &json!({"amount_to_capture": 2000})).await.expect(200);
    // 3000 EUR less 87 + 30 is 2883. Its refund of 1000 fails, so that it comes back.
    let failing = paid(&intents, 3000, "eur", REFUNDS_FAIL).await;
    let refund = json!({"payment_intent": failing["id"], "amount": 1000});
    let failed = intents.post("/refunds", &refund).await.expect(201);
    // 2500 of the 10000 EUR are refunded. The fee is not.
    let refund = json!({"payment_intent": whole["id"], "amount": 2500});
    intents.post("/refunds", &refund).await.expect(201);
    // 1050 JPY less 37.8, that is 38, is 1012; 50 less 1.8, that is 2, is 48. Of the first, 500 are refunded.
    let yen = paid(&intents, 1050, "jpy", VISA).await;
    paid(&intents, 50, "jpy", VISA).await;
    intents.post("/refunds", &json!({"payment_intent": yen["id"], "amount": 500})).await.expect(201);

    let expected = [("eur", 9680 + 1912 + 2883, -2500), ("jpy", 1012 + 48, -500)];
    eventually("the refund's money is back", || async {
        let path = format!("/balance/history?source={}", failed["id"].as_str().unwrap());
        (intents.get(&path).await.expect(200)["data"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    has_balance(&intents, &expected).await;
    let mut euro = history(&intents, "&currency=eur").await;
    euro.sort_unstable();
    let row = |kind: &str, amount, fee, net| (kind.to_owned(), amount, fee, net);
    let expected = [
        row("charge", 2000, 88, 1912),
        row("charge", 3000, 117, 2883),
        row("charge", 10_000, 320, 9680),
        row("refund", -2500, 0, -2500),
        row("refund", -1000, 0, -1000),
        row("refund_failure", 1000, 0, 1000),
    ];
    assert_eq!(euro, expected);
    assert_eq!(history(&intents, "&currency=jpy").await.iter().map(|row| row.2).sum::<i64>(), 40);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_becomes_available_after_the_merchants_delay() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let later = paid(&intents, 1000, "eur", VISA).await;
    let later = booked(&intents, &later["latest_charge"]).await;
    let time = |one: &Value, name: &str| one[name].as_i64().unwrap();
    assert_eq!(time(&later, "available_on") - time(&later, "created"), 2 * 86_400);
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    cloud.run_admin(&["set-fees", merchant, "--delay-days", "0"]).unwrap();
    let now = paid(&intents, 2000, "eur", VISA).await;
    // 2000 less 58 + 30.
    has_balance(&intents, &[("eur", 941, 1912)]).await;
    let now = booked(&intents, &now["latest_charge"]).await;
    assert_eq!((&now["status"], &later["status"]), (&json!("available"), &json!("pending")));
    assert_eq!(now["available_on"], now["created"]);
    let id = later["id"].as_str().unwrap();
    let still = intents.get(&format!("/balance_transactions/{id}")).await.expect(200);
    assert_eq!(still, later, "what was booked keeps its terms");
    books_agree(&cloud).await;
}

#[tokio::test]
async fn a_merchant_is_told_that_money_is_available() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let receiver = Receiver::start(&[]);
    let hooks = json!({"url": receiver.url, "enabled_events": ["balance.available"]});
    intents.post("/webhook_endpoints", &hooks).await.expect(201);
    let told = async |count: usize| receiver.wait_for(count).await[count - 1].json();
    // Pending money is no news; that of this card is available at once. 2000 less 58 + 30.
    paid(&intents, 1000, "eur", VISA).await;
    let at_once = paid(&intents, 2000, "usd", "4000000000000077").await;
    let event = told(1).await;
    assert_eq!((&event["type"], &event["request"]["id"]), (&json!("balance.available"), &Value::Null));
    assert_eq!(event["data"]["object"]["available"][1], json!({"amount": 1912, "currency": "usd"}));
    assert_eq!(event["data"]["object"], intents.get("/balance").await.expect(200));
    let transaction = booked(&intents, &at_once["latest_charge"]).await;
    assert_eq!(transaction["available_on"], transaction["created"]);
    // Due work makes available what waited. 1000 less 29 + 30.
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let waiting = intents.get("/balance/history?currency=eur").await.expect(200)["data"][0].clone();
    make_due(&cloud, &waiting).await;
    let event = told(2).await;
    assert_eq!(event["data"]["object"]["available"][0], json!({"amount": 941, "currency": "eur"}));
    assert_eq!(event["data"]["object"]["pending"][0], json!({"amount": 0, "currency": "eur"}));
    // A merchant without a delay is told, too; a refund tells nothing.
    cloud.run_admin(&["set-fees", merchant, "--delay-days", "0"]).unwrap();
    let refund = json!({"payment_intent": at_once["id"], "amount": 100});
    intents.post("/refunds", &refund).await.expect(201);
    paid(&intents, 500, "gbp", VISA).await;
    let event = told(3).await;
    assert_eq!(event["data"]["object"]["available"][1], json!({"amount": 455, "currency": "gbp"}));
    let listed = intents.get("/events?type=balance.available").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    books_agree(&cloud).await;
}

#[tokio::test]
async fn lists_are_filtered_and_page_both_ways() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let euro = paid(&intents, 1000, "eur", VISA).await;
    let dollar = paid(&intents, 2000, "usd", VISA).await;
    let refund = json!({"payment_intent": dollar["id"], "amount": 300});
    let refund = intents.post("/refunds", &refund).await.expect(201);
    for source in [&euro["latest_charge"], &dollar["latest_charge"], &refund["id"]] {
        booked(&intents, source).await;
    }
    let list = async |query: String| {
        let page = intents.get(&format!("/balance_transactions?{query}")).await.expect(200);
        assert_eq!(page["url"], "/v2/balance_transactions");
        let all = page["data"].as_array().unwrap().iter();
        let ids: Vec<String> = all.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        (ids, page["has_more"] == true)
    };
    let all = list("limit=10".into()).await.0;
    assert_eq!(all.len(), 3);
    assert_eq!(list(format!("limit=1&starting_after={}", all[0])).await, (vec![all[1].clone()], true));
    assert_eq!(list(format!("limit=1&ending_before={}", all[2])).await, (vec![all[1].clone()], true));
    assert_eq!(list("currency=EUR".into()).await.0.len(), 1);
    assert_eq!(list("type=charge".into()).await.0.len(), 2);
    assert_eq!(list("type=charge&currency=usd".into()).await.0.len(), 1);
    assert_eq!(list("type=payout".into()).await.0.len(), 0);
    assert_eq!(list("payout=po_1111111111111111111111".into()).await.0.len(), 0);
    assert_eq!(list("created[gte]=4000000000".into()).await.0.len(), 0);
    assert_eq!(list("created[lt]=4000000000".into()).await.0.len(), 3);
    for source in [&dollar["id"], &dollar["latest_charge"]] {
        assert_eq!(list(format!("source={}", source.as_str().unwrap())).await.0.len(), 1);
    }
    assert_eq!(list(format!("source={}&type=charge", refund["id"].as_str().unwrap())).await.0.len(), 0);
    intents.get("/balance/history?starting_after=txn_1111111111111111111111").await.expect(400);
}

/// The address of the next page in a `Link` header.
pub(super) fn next(link: &str) -> String {
    let link = link.split(", ").find(|link| link.ends_with("rel=\"next\"")).unwrap();
    link.split(['<', '>']).nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn every_row_of_the_csv_is_on_one_of_its_linked_pages() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for minor in [1000, 2000, 3000] {
        let payment = paid(&intents, minor, "eur", VISA).await;
        booked(&intents, &payment["latest_charge"]).await;
    }
    let (mut rows, mut query) = (Vec::new(), "?format=csv&limit=2&type=charge".to_owned());
    for page in 0.. {
        let answer = intents.get(&format!("/balance/history{query}")).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        let mut lines = answer.text.split("\r\n").filter(|line| !line.is_empty());
        assert!(lines.next().unwrap().starts_with("id,type,source,amount,fee,net,currency,created,"));
        rows.extend(lines.map(str::to_owned));
        if answer.headers.get("link").is_none() {
            assert_eq!(page, 1);
            break;
        }
        query = next(answer.header("link"));
        assert!(query.contains("format=csv") && query.contains("limit=2"), "{query}");
    }
    let old = reqwest::Client::new()
        .get(cloud.local("/intents/v1/balance/history?format=csv&limit=1"))
        .bearer_auth(cloud.key());
    let old = Client::send(old).await;
    assert!(old.header("link").contains("successor-version") && next(old.header("link")).starts_with('?'));
    let json = intents.get("/balance/history").await.expect(200);
    let ids = json["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
    let of_csv: Vec<_> = rows.iter().map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(of_csv, ids.collect::<Vec<_>>());
    let amounts: Vec<_> = rows.iter().map(|row| row.split(',').nth(3).unwrap()).collect();
    assert_eq!(amounts, ["3000", "2000", "1000"]);
}

/// Takes a balance transaction away, and its money from the balance, as if it had never been booked.
pub(crate) async fn unbook(cloud: &Cloud, shown: &Value) {
    let dynamodb = cloud.ready["dynamodb"].as_str().unwrap();
    let id = shown["id"].as_str().unwrap().strip_prefix("txn_").unwrap();
    let key = json!({"pk": s(&format!("{}BTX#{id}", cloud.demo_scope())), "sk": s("#")});
    ask(dynamodb, "DeleteItem", &json!({"TableName": "tollgate", "Key": key})).await;
    let (amount, fee) = (shown["amount"].as_i64().unwrap(), shown["fee"].as_i64().unwrap());
    let key = json!({"pk": s(&format!("{}BAL", cloud.demo_scope())), "sk": s("EUR#0")});
    let update = json!({"TableName": "tollgate", "Key": key,
        "UpdateExpression": "SET #t = :t ADD #pr :pr, #pe :pe, #fe :fe",
        "ExpressionAttributeNames": {"#t": "t", "#pr": "processor", "#pe": "pending", "#fe": "fees"},
        "ExpressionAttributeValues":
            {":t": s("BAL"), ":pr": n(amount), ":pe": n(fee - amount), ":fe": n(-fee)}});
    ask(dynamodb, "UpdateItem", &update).await;
}

/// Moves the moment at which a balance transaction's money is available into the past.
async fn make_due(cloud: &Cloud, shown: &Value) {
    let id = shown["id"].as_str().unwrap().strip_prefix("txn_").unwrap();
    let key = json!({"pk": s(&format!("{}BTX#{id}", cloud.demo_scope())), "sk": s("#")});
    let dynamodb = cloud.ready["dynamodb"].as_str().unwrap();
    let item = ask(dynamodb, "GetItem", &json!({"TableName": "tollgate", "Key": key})).await["Item"].clone();
    let due: String = item["gsi3sk"]["S"].as_str().unwrap().to_owned();
    let past = shown["created"].as_i64().unwrap() * 1000;
    let at = item["available_on"]["N"].as_str().unwrap();
    let update = json!({"TableName": "tollgate", "Key": key,
        "UpdateExpression": "SET available_on = :at, gsi3sk = :due",
        "ExpressionAttributeValues": {":at": n(past), ":due": s(&due.replace(at, &past.to_string()))}});
    ask(dynamodb, "UpdateItem", &update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_booked_is_found_and_booked_by_the_operator() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let payment = paid(&intents, 1000, "eur", VISA).await;
    let shown = booked(&intents, &payment["latest_charge"]).await;
    let before = balance(&intents).await;
    unbook(&cloud, &shown).await;
    has_balance(&intents, &[("eur", 0, 0)]).await;
    let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
    let differences = verified["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{verified}");
    assert_eq!(
        (&differences[0]["difference"], &differences[0]["amount"], &differences[0]["currency"]),
        (&json!("not booked"), &json!(1000), &json!("EUR"))
    );
    for expected in [1, 0] {
        let done = cloud.run_admin(&["book-payments", "--page-items", "7"]).unwrap();
        assert_eq!((&done["booked"], &done["next"]), (&json!(expected), &Value::Null));
        assert_eq!(balance(&intents).await, before);
        assert_eq!(booked(&intents, &payment["latest_charge"]).await, shown);
    }
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_is_not_the_sum_of_its_transactions_is_named() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let payment = paid(&intents, 1000, "eur", VISA).await;
    booked(&intents, &payment["latest_charge"]).await;
    books_agree(&cloud).await;
    let dynamodb = cloud.ready["dynamodb"].as_str().unwrap();
    let key = json!({"pk": s(&format!("{}BAL", cloud.demo_scope())), "sk": s("EUR#0")});
    let update = json!({"TableName": "tollgate", "Key": key,
        "UpdateExpression": "SET #t = :t ADD #a :a", "ExpressionAttributeNames": {"#t": "t", "#a": "available"},
        "ExpressionAttributeValues": {":t": s("BAL"), ":a": n(5)}});
    ask(dynamodb, "UpdateItem", &update).await;
    let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
    let difference = json!({
        "difference": "a balance is not the sum of its transactions", "tenant": cloud.demo_scope().to_string(),
        "currency": "EUR", "account": "available", "excess": 5,
    });
    assert_eq!((&verified["differences"], &verified["passes"]), (&json!([difference]), &json!(2)));
    let corrected = cloud.run_admin(&["verify-ledger", "--correct-balances"]).unwrap();
    assert_eq!(corrected["differences"], json!([]));
    assert_eq!(balance(&intents).await, [("eur".to_owned(), 941, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_make_no_sense_are_refused() {
    let cloud = Cloud::start().await;
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    for (arguments, told) in [
        (vec!["set-fees", merchant, "--delay-days", "91"], "0 to 90 days"),
        (vec!["set-fees", merchant, "--basis-points", "10001", "--fixed", "0"], "0 to 10000 basis points"),
        (vec!["set-fees", merchant, "--basis-points", "1", "--fixed", "100000000"], "minor units"),
        (vec!["set-fees", merchant, "--basis-points", "1"], "--fixed"),
        (vec!["set-fees", "acct_1111111111111111111111", "--delay-days", "1"], "no such merchant"),
    ] {
        let error = cloud.run_admin(&arguments).unwrap_err();
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}
