//! The `simple` API: decimal amounts, errors that are one sentence, nothing of any other front door.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_tests::{Answer, Client, Cloud, run_sample};

/// Checks that an answer is one sentence and nothing else.
#[track_caller]
fn says(answer: &Answer, status: u16, sentence: &str) {
    assert_eq!(answer.expect(status), json!({"error": sentence}));
}

#[track_caller]
fn says_something(answer: &Answer, status: u16) -> String {
    let body = answer.expect(status);
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let sentence = body["error"].as_str().unwrap().to_owned();
    assert!(sentence.len() > 5, "{body}");
    sentence
}

async fn post_text(client: &Client, path: &str, body: &str) -> Answer {
    let request = client
        .request(Method::POST, path)
        .header("content-type", "application/json");
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
    assert_eq!(
        keys(&payment),
        ["id", "amount", "currency", "status", "created_at"]
    );
    assert!(made.text.contains(r#""amount":100.00,"#), "{}", made.text);
    assert_eq!(
        (&payment["currency"], &payment["status"]),
        (&json!("USD"), &json!("succeeded"))
    );
    let id = payment["id"].as_str().unwrap();
    assert!(id.starts_with("pay_"));
    let at = payment["created_at"].as_str().unwrap();
    assert!(
        at.len() == 20 && at.ends_with('Z') && at.starts_with("20"),
        "{at}"
    );
    assert!(made.header("x-ratelimit-limit") == "1000" && !made.header("x-request-id").is_empty());
    let read = simple.get(&format!("/payments/{id}")).await;
    assert_eq!((read.status.as_u16(), &read.text), (200, &made.text));

    let refunded = post_text(
        &simple,
        "/refunds",
        &format!(r#"{{"payment_id":"{id}","amount":50.00}}"#),
    )
    .await;
    let refund = refunded.expect(201);
    assert_eq!(
        keys(&refund),
        ["id", "payment_id", "amount", "status", "created_at"]
    );
    assert!(refunded.text.contains(r#""amount":50.00,"#), "{}", refunded.text);
    assert!(refund["id"].as_str().unwrap().starts_with("refund_"));
    assert_eq!(
        (&refund["payment_id"], &refund["status"]),
        (&json!(id), &json!("succeeded"))
    );
    let rest = simple.post("/refunds", &json!({"payment_id": id})).await;
    assert!(rest.text.contains(r#""amount":50.00,"#), "{}", rest.text);
    let more = simple
        .post("/refunds", &json!({"payment_id": id, "amount": 0.01}))
        .await;
    says(&more, 400, "Payment already refunded");
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
        assert!(
            answer.text.contains(&format!(r#""amount":{printed},"#)),
            "{}",
            answer.text
        );
    }
    for (sent, currency) in [
        ("0", "USD"),
        ("-1", "USD"),
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("1000000", "USD"),
        ("1e300", "USD"),
        ("\"100\"", "USD"),
        ("null", "USD"),
        ("[1]", "USD"),
        ("1", "ZZZ"),
        ("1", ""),
    ] {
        let body = format!(r#"{{"amount":{sent},"currency":"{currency}","source":"tok_visa"}}"#);
        says_something(&post_text(&simple, "/payments", &body).await, 400);
    }
}

#[tokio::test]
async fn sources_and_declines() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    let pay = async |source: Value| {
        simple
            .post(
                "/payments",
                &json!({"amount": 12.5, "currency": "USD", "source": source}),
            )
            .await
    };
    for source in ["tok_visa", "tok_mastercard", "tok_amex"] {
        assert_eq!(pay(json!(source)).await.expect(201)["amount"], 12.5);
    }
    says(&pay(json!("tok_chargeDeclined")).await, 402, "Card declined");
    says(
        &pay(json!("tok_chargeDeclinedInsufficientFunds")).await,
        402,
        "Insufficient funds",
    );
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
    let failed = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["status"] == "failed");
    let ids: Vec<_> = failed.map(|p| p["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(
        simple.get(&format!("/payments/{}", ids[0])).await.expect(200)["status"],
        "failed"
    );
    let refused = simple
        .post("/refunds", &json!({"payment_id": ids[0], "amount": 1}))
        .await;
    says(&refused, 400, "Payment cannot be refunded");
}

#[tokio::test]
async fn every_error_is_one_sentence() {
    let cloud = Cloud::start().await;
    let simple = cloud.client("simple");
    says(&simple.get("/payments/pay_12345").await, 404, "Payment not found");
    says(
        &simple
            .post("/refunds", &json!({"payment_id": "pay_12345", "amount": 50.0}))
            .await,
        404,
        "Payment not found",
    );
    let paid = json!({"amount": 10, "currency": "USD", "source": "tok_visa"});
    let id = simple.post("/payments", &paid).await.expect(201)["id"].clone();
    for amount in [json!(10.01), json!(0), json!(-1), json!(1e30)] {
        let refund = simple
            .post("/refunds", &json!({"payment_id": id, "amount": amount}))
            .await;
        assert!(
            says_something(&refund, 400).to_lowercase().contains("amount"),
            "{amount}"
        );
    }
    says(
        &simple
            .post("/refunds", &json!({"payment_id": id, "amount": 11}))
            .await,
        400,
        "Invalid refund amount",
    );
    assert!(
        says_something(&simple.post("/refunds", &json!({"amount": 1})).await, 400).contains("payment_id")
    );
    assert!(
        says_something(&post_text(&simple, "/payments", "{\"amount\": 1,").await, 400).contains("line 1")
    );
    says_something(&post_text(&simple, "/payments", "[]").await, 400);
    says_something(&post_text(&simple, "/payments", "").await, 400);
    let large = format!(r#"{{"description":"{}"}}"#, "x".repeat(300 * 1024));
    says_something(&post_text(&simple, "/payments", &large).await, 413);
    says_something(&simple.get("/nothing").await, 404);
    says_something(&simple.delete("/payments").await, 404);
    says_something(
        &simple.with_key("sk_test_wrong").get("/payments/pay_1").await,
        401,
    );
    says_something(&simple.with_key("").post("/payments", &paid).await, 401);
    let reader = cloud
        .demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead])
        .await;
    says_something(&simple.with_key(&reader).post("/payments", &paid).await, 403);
    let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
    says(
        &simple
            .with_key(&live)
            .get(&format!("/payments/{}", id.as_str().unwrap()))
            .await,
        404,
        "Payment not found",
    );
    says(
        &simple.with_key(&live).post("/payments", &paid).await,
        400,
        "Invalid payment source",
    );
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
    says_something(&simple.post_once("/payments", "order-1", &other).await, 409);
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
    let python = python
        .replace("https://api.paymentprocessing.com/v1", &url)
        .replace("<your_api_key>", &key);
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
    if let Some(printed) = run_sample(
        &["node", "-"],
        &["node", "-e", "require('node-fetch')"],
        &javascript,
    )
    .await
    {
        assert!(
            printed.contains("amount: 100") && printed.contains("status: 'succeeded'"),
            "{printed}"
        );
    }
}
