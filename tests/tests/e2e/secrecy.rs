//! What must never be written down: not in a log, and not in clear in the tables.

use serde_json::json;
use tollgate_tests::{Client, Cloud, Receiver};

use crate::payment;

#[tokio::test]
async fn no_log_holds_a_key_a_secret_a_signature_or_an_account_number() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let (charges, receiver) = (cloud.charges(), Receiver::start(&[500]));
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    let transfer = json!({"amount": 5000, "currency": "GBP", "source": {"type": "bank_transfer", "bank_account": {
        "account_number": "87654321", "sort_code": "12-34-56", "account_holder_name": "John Doe"}}});
    charges.post_once("/payments", "an-idempotency-key", &transfer).await.expect(201);
    charges.post("/payments", &payment("4242424242424242", 1000)).await.expect(400);
    let basic = reqwest::Client::new().get(format!("{}/webhook_endpoints", cloud.api("intents")));
    Client::send(basic.basic_auth(cloud.key(), None::<&str>)).await.expect(200);
    let webhook = receiver.wait_for(1).await.remove(0);

    let signature = webhook.headers["x-signature"].to_str().unwrap().rsplit('=').next().unwrap().to_owned();
    let log = cloud.log.lock().unwrap().join("\n");
    assert!(log.contains("\"message\":\"request\""), "there is a log to look at");
    for secret in [
        cloud.key().as_str(),
        endpoint["secret"].as_str().unwrap(),
        &signature,
        "87654321",
        "4242424242424242",
    ] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
    // The account number and the key are nowhere in the tables' files, either.
    for entry in std::fs::read_dir(cloud.data.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "demo.json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!holds("87654321") && !holds(&cloud.key()), "{}", path.display());
    }
}

#[tokio::test]
async fn no_file_and_no_log_holds_a_card_number_that_intents_was_sent() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let intents = cloud.intents();
    let card = json!({"number": "4000056655665556", "exp_month": 12, "exp_year": 2030, "cvc": "987"});
    let method = json!({"type": "card", "card": card});
    let made = intents.post_once("/payment_methods", "m", &method).await.expect(201);
    let intent = json!({"amount": 1000, "currency": "eur", "payment_method_data": method, "confirm": true});
    intents.post_once("/payment_intents", "i", &intent).await.expect(201);
    let customer = intents.post("/customers", &json!({"name": "Ada"})).await.expect(201);
    let attach = format!("/payment_methods/{}/attach", made["id"].as_str().unwrap());
    intents.post(&attach, &json!({"customer": customer["id"]})).await.expect(200);
    let log = cloud.log.lock().unwrap().join("\n");
    assert!(!log.is_empty());
    let tables = tollgate_tests::release::scan(&cloud).await.to_string();
    for text in [log, tables] {
        for secret in ["4000056655665556", "\"987\"", &cloud.key()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
