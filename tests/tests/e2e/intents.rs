//! The `intents` API: its quick start, and the official client libraries whose conventions it follows.

use std::process::Command;

use serde_json::{Value, json};
use tollgate_tests::{Cloud, Receiver, run_sample};

fn curl(arguments: &[&str]) -> (u16, Value) {
    let output = Command::new("curl")
        .args(["-s", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (
        status.parse().unwrap(),
        serde_json::from_str(body).unwrap_or(Value::Null),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_of_the_text_works_curl_by_curl() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl is not installed");
        return;
    }
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]).await;
    cloud
        .intents()
        .post("/webhook_endpoints", &json!({"url": receiver.url}))
        .await
        .expect(201);
    let (base, user) = (cloud.api("intents"), format!("{}:", cloud.key()));
    let url = format!("{base}/payment_intents");
    let (status, body) = curl(&[
        &url,
        "-u",
        &user,
        "-H",
        "Idempotency-Key: ord_4e2b8f1a",
        "-d",
        "amount=4900",
        "-d",
        "currency=eur",
        "-d",
        "payment_method_types[]=card",
        "-d",
        "metadata[order_id]=ORD-7741",
    ]);
    assert_eq!(status, 201, "{body}");
    assert_eq!(
        [
            &body["object"],
            &body["amount"],
            &body["currency"],
            &body["status"]
        ],
        [
            &json!("payment_intent"),
            &json!(4900),
            &json!("eur"),
            &json!("requires_payment_method")
        ]
    );
    assert_eq!(body["metadata"]["order_id"], "ORD-7741");
    let (status, body) = curl(&[
        "-X",
        "POST",
        &url,
        "-u",
        &user,
        "-H",
        "Content-Type: application/x-www-form-urlencoded",
        "-H",
        "Idempotency-Key: test_1",
        "-d",
        "amount=9900",
        "-d",
        "currency=eur",
        "-d",
        "payment_method_types[]=card",
    ]);
    assert_eq!(status, 201, "{body}");
    let id = body["id"].as_str().unwrap();
    let (status, body) = curl(&[
        "-X",
        "POST",
        &format!("{url}/{id}/confirm"),
        "-u",
        &user,
        "-d",
        "payment_method=pm_card_visa",
    ]);
    assert_eq!((status, body["status"].as_str()), (200, Some("succeeded")));
    let received = receiver.wait_for(4).await;
    let succeeded = received
        .iter()
        .find(|webhook| webhook.json()["type"] == "payment_intent.succeeded")
        .expect("the event of the text");
    assert_eq!(succeeded.json()["data"]["object"]["amount"], 9900);
    let signature = succeeded.headers["pg-signature"].to_str().unwrap();
    assert!(signature.starts_with("t=") && signature.contains(",v1="));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_official_python_package_runs() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]).await;
    let endpoint = cloud
        .intents()
        .post("/webhook_endpoints", &json!({"url": receiver.url}))
        .await
        .expect(201);
    let paid = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    cloud.intents().post("/payment_intents", &paid).await.expect(201);
    let webhooks: Vec<Value> = receiver
        .wait_for(3)
        .await
        .iter()
        .map(|w| json!({"body": w.body, "signature": w.headers["pg-signature"].to_str().unwrap()}))
        .collect();
    let credentials = &cloud.ready["credentials"];
    let settings = json!({
        "base": cloud.api("intents").trim_end_matches("/v2"),
        "secret_key": credentials["secret_key"],
        "publishable_key": credentials["publishable_key"],
        "webhook_secret": endpoint["secret"],
        "webhooks": webhooks,
    });
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/stripe_program.py");
    let needs = ["python3", "-c", "import stripe, requests"];
    if let Some(printed) = run_sample(&["python3", program], &needs, &settings.to_string()).await {
        let calls: u32 = printed.trim().parse().unwrap();
        assert!(calls >= 100, "only {calls} calls");
    }
}
