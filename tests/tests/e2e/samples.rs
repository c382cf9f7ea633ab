//! The requests of the text, sent with the command that the text uses, with only base URL and key changed.

use serde_json::Value;
use tollgate_tests::{Cloud, curl, has_curl};

#[tokio::test(flavor = "multi_thread")]
async fn every_curl_of_the_text_works() {
    if !has_curl() {
        return;
    }
    let cloud = Cloud::start().await;
    let base = cloud.api("charges");
    let key = format!("Authorization: Bearer {}", cloud.key());
    let json = "Content-Type: application/json";
    let (status, body) = curl(&["-X", "GET", &format!("{base}/health"), "-H", &key]);
    assert_eq!((status, body), (200, serde_json::json!({"status": "ok", "version": "2025-09-01"})));
    let customer = r#"{
    "email": "dev@example.com",
    "name": "Dev User",
    "metadata": {
      "user_id": "12345",
      "plan": "premium"
    }
  }"#;
    let url = format!("{base}/customers");
    let (status, body) = curl(&["-X", "POST", &url, "-H", &key, "-H", json, "-d", customer]);
    assert_eq!((status, body["metadata"]["plan"].as_str()), (201, Some("premium")));
    let id = body["id"].as_str().unwrap().to_owned();
    let (status, _) = curl(&["-X", "GET", &format!("{url}?limit=20&starting_after={id}"), "-H", &key]);
    assert_eq!(status, 200);
    // The sources as the text spells them.
    for source in [
        r#"{"type": "card", "token": "tok_visa_4242"}"#,
        r#"{"type": "bank_transfer", "bank_account": {"account_number": "12345678", "sort_code": "12-34-56", "account_holder_name": "John Doe"}}"#,
        r#"{"type": "apple_pay", "token": "tok_apple_abc123"}"#,
    ] {
        let body = format!(
            r#"{{"amount": 1234, "currency": "GBP", "source": {source}, "customer_id": "{id}", "description": "Order #12345"}}"#
        );
        let (status, made) =
            curl(&["-X", "POST", &format!("{base}/payments"), "-H", &key, "-H", json, "-d", &body]);
        assert_eq!(status, 201, "{made}");
        assert_eq!(made["customer_id"], id.as_str());
    }
    let (status, gone) = curl(&["-X", "DELETE", &format!("{url}/{id}"), "-H", &key]);
    assert_eq!((status, gone), (204, Value::Null));
}
