//! Where card numbers may not be.

use super::*;

#[tokio::test]
async fn no_file_and_no_log_holds_a_card_number_or_a_security_code() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let (pan, cvc) = ("4012888888881881", "8675309");
    let card = json!({"card_number": pan, "cvv": "867"});
    let (_, url) = initialized(&cloud, &with("kept", &card)).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let direct = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": "a@example.com"},
        "card": {"number": pan, "exp_month": 12, "exp_year": 2030, "cvc": "867"}});
    cloud.client("direct").post_once("/payments", "k", &direct).await.expect(200);
    let mut refused = direct.clone();
    refused["card"]["cvc"] = json!(cvc);
    cloud.client("direct").post("/payments", &refused).await.expect(400);
    let look = |cloud: &Cloud, when: &str| {
        let log = cloud.log.lock().unwrap().join("\n");
        assert!(log.contains("\"message\":\"request\""));
        assert!(!log.contains(pan) && !log.contains(cvc), "the log, {when}");
        for entry in std::fs::read_dir(cloud.data.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!holds(pan) && !holds(cvc) && !holds("\"867\""), "{} {when}", path.display());
        }
    };
    look(&cloud, "while the payment waits");
    press_at(&challenge, "complete").await;
    look(&cloud, "when it is made");
}
