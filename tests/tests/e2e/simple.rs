//! The `simple` API: decimal amounts, errors of one sentence, and its samples.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_tests::{Answer, Client, Cloud, run_sample};

/// Checks that an answer is one sentence and nothing else.
#[track_caller]
fn says(answer: &Answer, status: u16, sentence: &str) {
    assert_eq!(answer.expect(status), json!({"error": sentence}));
}

async fn post_text(client: &Client, path: &str, body: &str) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", "application/json");
    Client::send(request.body(body.to_owned())).await
}

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_payment_and_its_refund_have_exactly_the_documented_fields() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let made = post_text(
        &simple,
        "/payments",
        r#"{"amount": 100.00, "currency": "USD", "source": "tok_visa", "description": "Payment for order #12345"}"#,
    )
    .await;
    let payment = made.expect(201);
    assert_eq!(keys(&payment), ["id", "amount", "currency", "status", "created_at"]);
    assert!(made.text.contains(r#""amount":100.00,"#), "{}", made.text);
    assert_eq!((&payment["currency"], &payment["status"]), (&json!("USD"), &json!("succeeded")));
    let id = payment["id"].as_str().unwrap();
    assert!(id.starts_with("pay_"));
    let at = payment["created_at"].as_str().unwrap();
    assert!(at.len() == 20 && at.ends_with('Z') && at.starts_with("20"), "{at}");
    assert!(made.header("x-ratelimit-limit") == "1000" && !made.header("x-request-id").is_empty());
    let read = simple.get(&format!("/payments/{id}")).await;
    assert_eq!((read.status.as_u16(), &read.text), (200, &made.text));

    let refunded =
        post_text(&simple, "/refunds", &format!(r#"{{"payment_id":"{id}","amount":50.00}}"#)).await;
    let refund = refunded.expect(201);
    assert_eq!(keys(&refund), ["id", "payment_id", "amount", "status", "created_at"]);
    assert!(refunded.text.contains(r#""amount":50.00,"#), "{}", refunded.text);
    assert!(refund["id"].as_str().unwrap().starts_with("refund_"));
    assert_eq!((&refund["payment_id"], &refund["status"]), (&json!(id), &json!("succeeded")));
    let rest = simple.post("/refunds", &json!({"payment_id": id})).await;
    assert!(rest.text.contains(r#""amount":50.00,"#), "{}", rest.text);
    let more = simple.post("/refunds", &json!({"payment_id": id, "amount": 0.01})).await;
    says(&more, 400, "Invalid refund amount");
}

#[tokio::test]
async fn decimals_are_exact_in_every_currency() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    for (sent, currency, printed) in [
        ("0.29", "USD", "0.29"),
        ("1.1e1", "USD", "11.00"),
        ("0.01", "usd", "0.01"),
        ("1000", "JPY", "1000"),
        ("1000.0", "JPY", "1000"),
        ("1.234", "KWD", "1.234"),
        ("5", "KWD", "5.000"),
        ("999999.99", "EUR", "999999.99"),
    ] {
        let body = format!(r#"{{"amount":{sent},"currency":"{currency}","source":"tok_mastercard"}}"#);
        let answer = post_text(&simple, "/payments", &body).await;
        assert_eq!(answer.status.as_u16(), 201, "{sent} {}", answer.text);
        assert!(answer.text.contains(&format!(r#""amount":{printed},"#)), "{}", answer.text);
    }
    let (digits, currency_code) = (
        "amount must be a decimal number with no more digits than the currency has",
        "currency must be a three-letter ISO 4217 currency code",
    );
    for (sent, currency, sentence) in [
        ("0", "USD", "Amount must be above zero"),
        ("-1", "USD", "Amount must be above zero"),
        ("0.001", "USD", digits),
        ("0.5", "JPY", digits),
        ("1000000", "USD", "Amount is too large"),
        ("1e300", "USD", digits),
        ("\"100\"", "USD", digits),
        ("null", "USD", "amount is required"),
        ("[1]", "USD", digits),
        ("1", "ZZZ", currency_code),
        ("1", "", "currency must not be empty"),
    ] {
        let body = format!(r#"{{"amount":{sent},"currency":"{currency}","source":"tok_visa"}}"#);
        says(&post_text(&simple, "/payments", &body).await, 400, sentence);
    }
}

#[tokio::test]
async fn sources_and_declines() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let pay = async |source: Value| {
        simple.post("/payments", &json!({"amount": 12.5, "currency": "USD", "source": source})).await
    };
    for source in ["tok_visa", "tok_mastercard", "tok_amex"] {
        assert_eq!(pay(json!(source)).await.expect(201)["amount"], 12.5);
    }
    says(&pay(json!("tok_chargeDeclined")).await, 402, "Card declined");
    says(&pay(json!("tok_chargeDeclinedInsufficientFunds")).await, 402, "Insufficient funds");
    for source in [
        json!("tok_unknown"),
        json!("tok_visa_4242"),
        json!("4242424242424242"),
        json!(""),
        json!(5),
        json!(null),
        json!({"token": "tok_visa"}),
    ] {
        says(&pay(source).await, 400, "Invalid payment source");
    }
    // A failed payment is kept, as failed.
    let all = cloud.charges().get("/payments?limit=100").await.expect(200);
    let failed = all["data"].as_array().unwrap().iter().filter(|p| p["status"] == "failed");
    let ids: Vec<_> = failed.map(|p| p["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(simple.get(&format!("/payments/{}", ids[0])).await.expect(200)["status"], "failed");
    let refused = simple.post("/refunds", &json!({"payment_id": ids[0], "amount": 1})).await;
    says(&refused, 400, "Invalid refund amount");
}

#[tokio::test]
async fn every_amount_that_cannot_be_refunded_is_the_texts_one_error() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let paid = json!({"amount": 100.0, "currency": "USD", "source": "tok_visa"});
    let id = simple.post("/payments", &paid).await.expect(201)["id"].clone();
    let refund = async |amount: &str| {
        post_text(&simple, "/refunds", &format!(r#"{{"payment_id":{id},"amount":{amount}}}"#)).await
    };
    let wrong = [
        "50.001", "1e30", "1e-9", "0", "-0.01", "-1", "100.01", "\"50\"", "\"all\"", "\"\"", "true", "[50]",
        "{}",
    ];
    for amount in wrong {
        says(&refund(amount).await, 400, "Invalid refund amount");
    }
    let refunds =
        cloud.charges().get(&format!("/refunds?payment_id={}", id.as_str().unwrap())).await.expect(200);
    assert_eq!(refunds["data"], json!([]), "nothing was written");
    assert_eq!(refund("40").await.expect(201)["amount"], 40.0);
    says(&refund("60.01").await, 400, "Invalid refund amount");
    assert_eq!(refund("60.00").await.expect(201)["amount"], 60.0);
    // All of it went back: nothing is left to be asked for.
    for amount in wrong.iter().chain(&["0.01", "null"]) {
        says(&refund(amount).await, 400, "Invalid refund amount");
    }
    // Of a payment that took no money nothing can go back either.
    let declined = json!({"amount": 10, "currency": "USD", "source": "tok_chargeDeclined"});
    simple.post("/payments", &declined).await.expect(402);
    let all = cloud.charges().get("/payments?status=failed").await.expect(200);
    let id = all["data"][0]["id"].clone();
    for amount in [json!(1), json!(0), json!("1"), Value::Null] {
        let refused = simple.post("/refunds", &json!({"payment_id": id, "amount": amount})).await;
        says(&refused, 400, "Invalid refund amount");
    }
}

#[tokio::test]
async fn every_answer_tells_where_the_caller_stands_in_its_minute() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let paid = json!({"amount": 10, "currency": "USD", "source": "tok_visa"});
    let first = simple.post("/payments", &paid).await;
    let id = first.json()["id"].clone();
    let answers = [
        first,
        simple.get(&format!("/payments/{}", id.as_str().unwrap())).await,
        simple.get("/payments/pay_1").await,
        simple.post("/payments", &json!({})).await,
        simple.post("/refunds", &json!({"payment_id": id, "amount": 1})).await,
        simple.post("/refunds", &json!({"payment_id": id, "amount": 0})).await,
    ];
    tollgate_tests::stands(&answers, 1000, 999);
}

#[tokio::test]
async fn every_error_is_one_sentence() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    says(&simple.get("/payments/pay_12345").await, 404, "Payment not found");
    says(
        &simple.post("/refunds", &json!({"payment_id": "pay_12345", "amount": 50.0})).await,
        404,
        "Payment not found",
    );
    let paid = json!({"amount": 10, "currency": "USD", "source": "tok_visa"});
    let id = simple.post("/payments", &paid).await.expect(201)["id"].clone();
    says(&simple.post("/refunds", &json!({"amount": 1})).await, 400, "payment_id is required");
    says(
        &post_text(&simple, "/payments", "{\"amount\": 1,").await,
        400,
        "The request body is not valid JSON: EOF while parsing a value at line 1 column 13.",
    );
    says(&post_text(&simple, "/payments", "[]").await, 400, "The request body must be a JSON object.");
    says(&post_text(&simple, "/payments", "").await, 400, "amount is required");
    let large = format!(r#"{{"description":"{}"}}"#, "x".repeat(300 * 1024));
    says(
        &post_text(&simple, "/payments", &large).await,
        413,
        "The request body must have at most 262144 bytes.",
    );
    let no_route =
        "There is no such path, or not with this method. Check the method and the path of the request.";
    says(&simple.get("/nothing").await, 404, no_route);
    says(&simple.delete("/payments").await, 404, no_route);
    says(
        &simple.with_key("sk_test_wrong").get("/payments/pay_1").await,
        401,
        "The API key is not valid: it does not exist, was revoked or has expired.",
    );
    says(
        &simple.with_key("").post("/payments", &paid).await,
        401,
        "No API key was sent. Send it in the header Authorization: Bearer <key>.",
    );
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    says(
        &simple.with_key(&reader).post("/payments", &paid).await,
        403,
        "The API key lacks the scope payments:write. Use a key that has it.",
    );
    let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
    says(
        &simple.with_key(&live).get(&format!("/payments/{}", id.as_str().unwrap())).await,
        404,
        "Payment not found",
    );
    says(&simple.with_key(&live).post("/payments", &paid).await, 400, "Invalid payment source");
    // Fields that nobody knows are ignored.
    let odd = json!({"amount": 10, "currency": "USD", "source": "tok_visa", "colour": "blue"});
    simple.post("/payments", &odd).await.expect(201);
}

#[tokio::test]
async fn a_retry_with_a_key_replays_byte_for_byte() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let body = json!({"amount": 10.1, "currency": "USD", "source": "tok_visa"});
    let first = simple.post_once("/payments", "order-1", &body).await;
    let again = simple.post_once("/payments", "order-1", &body).await;
    assert_eq!((&first.text, first.status.as_u16()), (&again.text, 201));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = json!({"amount": 10.2, "currency": "USD", "source": "tok_visa"});
    says(
        &simple.post_once("/payments", "order-1", &other).await,
        409,
        "This Idempotency-Key was used with another request. Use a new key for a new request.",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_of_the_text_run_unchanged() {
    let cloud = Cloud::start().await;
    let (url, key) = (cloud.api("simple"), cloud.key());
    let python = r#"
import requests
url = "https://api.paymentprocessing.com/v1/payments"
headers = {
    "Content-Type": "application/json",
    "Authorization": "Bearer <your_api_key>"
}
data = {
    "amount": 100.00,
    "currency": "USD",
    "source": "tok_visa",
    "description": "Payment for order #12345"
}
response = requests.post(url, json=data, headers=headers)
print(response.json())
"#;
    let python = python.replace("https://api.paymentprocessing.com/v1", &url).replace("<your_api_key>", &key);
    if let Some(printed) = run_sample(&["python3", "-"], &["python3", "-c", "import requests"], &python).await
    {
        assert!(
            printed.contains("'amount': 100.0") && printed.contains("'status': 'succeeded'"),
            "{printed}"
        );
    }
    let body = json!({"amount": 100.0, "currency": "USD", "source": "tok_visa"});
    let id = cloud.client("simple").post("/payments", &body).await.expect(201)["id"].clone();
    let javascript = r"
const fetch = require('node-fetch');
const url = 'https://api.paymentprocessing.com/v1/payments/pay_12345';
const options = {
  method: 'GET',
  headers: {
    'Authorization': 'Bearer <your_api_key>'
  }
};
fetch(url, options)
  .then(response => response.json())
  .then(data => console.log(data))
  .catch(error => console.error('Error:', error));
";
    let javascript = javascript
        .replace("https://api.paymentprocessing.com/v1", &url)
        .replace("pay_12345", id.as_str().unwrap())
        .replace("<your_api_key>", &key);
    if let Some(printed) =
        run_sample(&["node", "-"], &["node", "-e", "require('node-fetch')"], &javascript).await
    {
        assert!(printed.contains("amount: 100") && printed.contains("status: 'succeeded'"), "{printed}");
    }
}
