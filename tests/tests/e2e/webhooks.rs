//! Events and their delivery.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tollgate_domain::Timestamp;
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{ClosedPort, Cloud, Receiver, Webhook, eventually};
use tollgate_webhooks::{SigningSecret, verify_timestamped};

use crate::payment;

async fn register(cloud: &Cloud, url: &str) -> String {
    cloud.charges_endpoint(url).await["secret"].as_str().unwrap().to_owned()
}

fn is_signed(webhook: &Webhook, secret: &str) -> bool {
    let header = webhook.headers["x-signature"].to_str().unwrap();
    let now: Timestamp = SystemClock.now();
    verify_timestamped(header, &webhook.body, &SigningSecret::from_text(secret), now, 300)
}

#[tokio::test]
async fn all_eight_events_of_the_text_arrive_signed_and_in_its_shape() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let receiver = Receiver::start(&[]);
    let secret = register(&cloud, &receiver.url).await;
    let customer = charges.post("/customers", &json!({"email": "ann@example.com"})).await.expect(201);
    let path = format!("/customers/{}", customer["id"].as_str().unwrap());
    let updated =
        charges.patch(&path, &json!({"metadata": {"10": "ten", "2": "two", "é": 1.50}})).await.expect(200);
    let paid = charges.post("/payments", &payment("tok_visa_5126", 1000)).await.expect(201);
    charges.post("/payments", &payment("tok_visa_0002", 1000)).await.expect(402);
    let waiting = charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201);
    let failing =
        charges.post("/refunds", &json!({"payment_id": paid["id"], "amount": 100})).await.expect(201);
    let good = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let refund = charges.post("/refunds", &json!({"payment_id": good["id"]})).await.expect(201);

    let received = receiver.wait_for(10).await;
    let of = |kind: &str, id: &Value| -> Value {
        let found = received
            .iter()
            .map(Webhook::json)
            .find(|w| w["type"] == kind && &w["data"]["object"]["id"] == id);
        found.unwrap_or_else(|| panic!("no {kind} of {id}"))["data"]["object"].clone()
    };
    assert_eq!(of("customer.created", &customer["id"]), customer);
    assert_eq!(of("customer.updated", &customer["id"]), updated);
    assert_eq!(of("payment.succeeded", &paid["id"]), paid);
    assert_eq!(of("payment.requires_action", &waiting["id"]), waiting);
    assert_eq!(of("refund.created", &refund["id"]), refund);
    assert_eq!(of("refund.succeeded", &refund["id"]), refund);
    assert_eq!(of("refund.failed", &failing["id"])["status"], "failed");
    assert!(received.iter().any(|w| w.json()["type"] == "payment.failed"));
    for webhook in &received {
        assert!(is_signed(webhook, &secret), "{webhook:?}");
        let body = webhook.json();
        assert!(body["id"].as_str().unwrap().starts_with("evt_"));
        assert_eq!(webhook.headers["webhook-id"], body["id"].as_str().unwrap());
        assert!(webhook.headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
    }
}

/// The verifier of the text, line by line but for the framework around it: it parses the body and signs what
/// `JSON.stringify` makes of it.
const VERIFIER: &str = r#"
const crypto = require("crypto");
let input = ""; process.stdin.on("data", d => input += d).on("end", () => {
  const { signature, secret, raw } = JSON.parse(input);
  const req = { body: JSON.parse(raw) };
  const elements = signature.split(",");
  const timestamp = elements[0].split("=")[1];
  const expectedSig = elements[1].split("=")[1];
  const payload = `${timestamp}.${JSON.stringify(req.body)}`;
  const computed = crypto.createHmac("sha256", secret).update(payload).digest("hex");
  if (computed !== expectedSig) { console.log("Invalid signature"); return; }
  if (Math.abs(Date.now() / 1000 - parseInt(timestamp)) > 300) { console.log("Request too old"); return; }
  console.log("ok " + req.body.type);
});"#;

#[tokio::test]
async fn the_documented_javascript_verifier_accepts_what_arrives_within_five_seconds() {
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: node is not installed");
        return;
    }
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let secret = register(&cloud, &receiver.url).await;
    let mut body = payment("tok_visa_4242", 1234);
    // Everything that JSON.stringify would print otherwise than it was sent.
    body["description"] = json!("Café \u{2028} \"quoted\" \\ / 😀 \t");
    body["metadata"] = json!({"b": 100.0, "10": true, "2": "two", "01": 1e-7, "big": 1e21, "é": -0.0});
    let began = std::time::Instant::now();
    cloud.charges().post("/payments", &body).await.expect(201);
    let webhook = receiver.wait_for(1).await.remove(0);
    assert!(began.elapsed().as_secs() < 5);
    let input = json!({
        "signature": webhook.headers["x-signature"].to_str().unwrap(), "secret": secret, "raw": webhook.body,
    });
    let mut node = Command::new("node")
        .args(["-e", VERIFIER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut node.stdin.take().unwrap(), input.to_string().as_bytes()).unwrap();
    let said = String::from_utf8(node.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(said.trim(), "ok payment.succeeded", "{}", webhook.body);
}

/// The recorded attempts of an event's delivery to an endpoint.
async fn attempts(cloud: &Cloud, event: &Value, endpoint: &Value) -> Vec<(Option<u16>, Option<String>)> {
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap().parse().unwrap();
    let id = |value: &Value| value.as_str().unwrap().split_once('_').unwrap().1.to_owned();
    let records = cloud
        .admin()
        .delivery_attempts(
            merchant,
            tollgate_domain::Mode::Test,
            id(event).parse().unwrap(),
            id(endpoint).parse().unwrap(),
        )
        .await
        .unwrap();
    records.into_iter().map(|r| (r.status, r.error)).collect()
}

#[tokio::test]
async fn a_receiver_that_answers_500_twice_gets_the_third_attempt_and_all_are_recorded() {
    let cloud = Cloud::start_with(&[("WebhookRetrySeconds", "1,1,1,1")]).await;
    let receiver = Receiver::start(&[500, 500]);
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    let paid = cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let received = receiver.wait_for(3).await;
    assert!(
        received.iter().all(|w| w.body == received[0].body && w.json()["data"]["object"]["id"] == paid["id"])
    );
    let event = received[0].json()["id"].clone();
    let recorded = eventually("three attempts", || async {
        let recorded = attempts(&cloud, &event, &endpoint["id"]).await;
        (recorded.len() == 3).then_some(recorded)
    })
    .await;
    assert_eq!(recorded, [(Some(500), None), (Some(500), None), (Some(204), None)]);
    assert_eq!(receiver.statuses_left(), 0);
}

#[tokio::test]
async fn a_receiver_that_is_down_gets_it_when_it_is_back() {
    let cloud = Cloud::start_with(&[("WebhookRetrySeconds", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1")]).await;
    let closed = ClosedPort::reserve();
    let endpoint = cloud.charges_endpoint(&closed.url()).await;
    cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let inbox = eventually("the event", || async {
        let inbox = cloud.inbox().await;
        (!inbox.is_empty()).then_some(inbox)
    })
    .await;
    let event = inbox[0]["body"]["id"].clone();
    eventually("a failed attempt", || async {
        (!attempts(&cloud, &event, &endpoint["id"]).await.is_empty()).then_some(())
    })
    .await;
    let receiver = closed.open(&[]);
    receiver.wait_for(1).await;
    let recorded = eventually("the good attempt", || async {
        let recorded = attempts(&cloud, &event, &endpoint["id"]).await;
        recorded.last().is_some_and(|(status, _)| *status == Some(204)).then_some(recorded)
    })
    .await;
    assert_eq!(recorded[0], (None, Some("connection_failed".to_owned())));
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_gets_nothing_more() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[410]);
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let path = format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    let disabled = eventually("the endpoint is disabled", || async {
        let now = cloud.intents().get(&path).await.expect(200);
        (now["status"] == "disabled").then_some(now)
    })
    .await;
    assert!(disabled["disabled_reason"].as_str().unwrap().contains("410"));
    let later = cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    eventually("the later event at the inbox", || async {
        cloud.inbox().await.iter().any(|w| w["body"]["data"]["object"]["id"] == later["id"]).then_some(())
    })
    .await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn events_are_delivered_in_the_shape_of_the_endpoints_api_and_only_if_wanted() {
    let cloud = Cloud::start().await;
    let (picky, direct, intents) = (Receiver::start(&[]), Receiver::start(&[]), Receiver::start(&[]));
    let register = async |body: Value| {
        cloud.intents().post("/webhook_endpoints", &body).await.expect(201)["secret"].clone()
    };
    register(json!({"url": picky.url, "api": "charges", "enabled_events": ["refund.*"]})).await;
    let secret = register(json!({"url": direct.url, "api": "direct"})).await;
    register(json!({"url": intents.url})).await;
    let paid = cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    cloud.charges().post("/refunds", &json!({"payment_id": paid["id"]})).await.expect(201);
    let wanted = picky.wait_for(2).await;
    assert!(wanted.iter().all(|w| w.json()["type"].as_str().unwrap().starts_with("refund.")));
    let first =
        direct.wait_for(2).await.into_iter().find(|w| w.json()["type"] == "payment.succeeded").unwrap();
    assert_eq!(first.json()["data"]["object"]["id"], paid["id"]);
    let signature = first.headers["x-webhook-signature"].to_str().unwrap();
    let key = secret.as_str().unwrap().as_bytes();
    let expected = tollgate_webhooks::hmac_sha256_hex(key, first.body.as_bytes());
    assert_eq!(signature, expected);
    let first = intents
        .wait_for(3)
        .await
        .into_iter()
        .find(|w| w.json()["type"] == "payment_intent.succeeded")
        .unwrap();
    assert_eq!(first.json()["data"]["object"]["currency"], "gbp");
    assert!(first.headers.contains_key("pg-signature"));
}

#[tokio::test]
async fn the_inbox_is_a_page_and_json() {
    let cloud = Cloud::start().await;
    let paid = cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let inbox = eventually("the webhook", || async {
        let inbox = cloud.inbox().await;
        (!inbox.is_empty()).then_some(inbox)
    })
    .await;
    assert_eq!((&inbox[0]["signature"], &inbox[0]["type"]), (&json!("valid"), &json!("payment.succeeded")));
    let page = reqwest::get(cloud.local("/_inbox")).await.unwrap().text().await.unwrap();
    assert!(
        page.contains("<strong class=\"valid\">valid</strong>")
            && page.contains(paid["id"].as_str().unwrap())
    );
    reqwest::Client::new()
        .post(cloud.local("/_inbox/receive"))
        .body("{\"type\":\"<b>\"}")
        .send()
        .await
        .unwrap();
    assert_eq!(cloud.inbox().await[0]["signature"], "unknown");
    assert!(!reqwest::get(cloud.local("/_inbox")).await.unwrap().text().await.unwrap().contains("<b>"));
}
