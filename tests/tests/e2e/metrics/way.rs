//! The way of a payment: one search of the logs shows every line of it.

use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud, Receiver, Webhook, eventually};

use crate::{
    checkout::{initialized, order, pay},
    payment,
};

/// The lines of the functions' logs that contain a text: what the query of the operations guide finds.
fn found(cloud: &Cloud, text: &str) -> Vec<Value> {
    let log = cloud.log.lock().unwrap();
    let lines = log.iter().filter_map(|line| line.strip_prefix('[')?.split_once("] "));
    let lines = lines.filter(|(_, line)| line.contains(text));
    lines.filter_map(|(_, line)| serde_json::from_str(line).ok()).collect()
}

fn of<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

/// Waits until a search shows lines with all of these messages.
async fn way(cloud: &Cloud, text: &str, messages: &[&str]) -> Vec<Value> {
    eventually(&format!("{messages:?} of {text}"), || async {
        let lines = found(cloud, text);
        messages.iter().all(|message| !of(&lines, message).is_empty()).then_some(lines)
    })
    .await
}

/// The lines hold nothing secret, and each names its trace.
#[track_caller]
fn are_open(cloud: &Cloud, lines: &[Value], secrets: &[&str]) {
    for line in lines {
        assert!(line["trace_id"].as_str().is_some_and(|id| id.starts_with("1-")), "{line}");
    }
    let log = cloud.log.lock().unwrap().join("\n");
    for secret in secrets {
        assert!(!secret.is_empty() && !log.contains(secret), "{secret}");
    }
}

fn signature(webhook: &Webhook) -> String {
    webhook.headers["x-signature"].to_str().unwrap().rsplit('=').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_payments_id_and_its_requests_id_find_its_request_its_events_and_its_deliveries() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    let endpoint = cloud.charges_endpoint(&receiver.url).await;
    let body = payment("tok_visa_4242", 1000);
    let answer = cloud.charges().post_once("/payments", "the-key", &body).await;
    let (paid, request_id) = (answer.expect(201), answer.header("x-request-id").to_owned());
    let webhook = receiver.wait_for(1).await.remove(0);
    let id = paid["id"].as_str().unwrap().strip_prefix("pay_").unwrap();
    for key in [id, &request_id] {
        let lines = way(&cloud, key, &["request", "published", "attempt"]).await;
        assert_eq!(of(&lines, "request").len(), 1, "{lines:?}");
        for message in ["request", "published", "attempt"] {
            for line in of(&lines, message) {
                assert_eq!(line["request_id"], *request_id, "{line}");
                assert_eq!(line["resources"], format!("PAY#{id}"), "{line}");
            }
        }
        let secrets = [cloud.key(), signature(&webhook), endpoint["secret"].as_str().unwrap().to_owned()];
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).chain(["the-key"]).collect();
        are_open(&cloud, &lines, &secrets);
    }
    // A refund of it is found by the payment's id too, and so is its webhook.
    let refund = cloud.charges().post("/refunds", &json!({"payment_id": paid["id"]})).await.expect(201);
    let refund = refund["id"].as_str().unwrap().rsplit('_').next().unwrap().to_owned();
    eventually("the refund's lines", || async {
        let lines = found(&cloud, id);
        let of_refund = |message: &str| {
            of(&lines, message).iter().any(|line| line["resources"] == format!("REF#{refund},PAY#{id}"))
        };
        ["request", "published", "attempt"].into_iter().all(of_refund).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_way_of_a_hosted_payment_leads_over_its_pages_and_due_work() {
    let cloud = Cloud::start_with(&[("ProcessorTimeoutMs", "300"), ("ProcessorLookUpLagMs", "0")]).await;
    // The capture hangs, so that due work ends the payment.
    let fault = json!({"provider": "mpgs", "operation": "capture", "when": "before", "what": "error"});
    let faults = reqwest::Client::new().post(cloud.local("/_networks/faults")).json(&fault);
    assert_eq!(Client::send(faults).await.status, 200);
    let (reference, page) = initialized(&cloud, &order("the-order")).await;
    pay(&page).await;
    // The event's line has the name that `checkout` gave; it shows the id that all lines have.
    let named = way(&cloud, &reference, &["published"]).await;
    let resources = of(&named, "published")[0]["resources"].as_str().unwrap().to_owned();
    let id = resources.strip_prefix("PAY#").unwrap();
    let messages = ["request", "published", "attempt", "due work claimed", "due work done"];
    let lines = eventually("the payment is settled", || async {
        let lines = way(&cloud, id, &messages).await;
        let is_end = |line: &&Value| line["Outcome"] == "succeeded";
        of(&lines, "published").iter().any(is_end).then_some(lines)
    })
    .await;
    let functions: std::collections::BTreeSet<&str> =
        of(&lines, "request").iter().map(|line| line["function"].as_str().unwrap()).collect();
    assert_eq!(
        functions,
        ["checkout-initialize-payment", "pages-answer-challenge", "pages-answer-checkout"].into()
    );
    for line in of(&lines, "due work done").into_iter().chain(of(&lines, "request")) {
        assert!(line["request_id"].as_str().unwrap().starts_with("req_"), "{line}");
    }
    let token = page.rsplit('/').next().unwrap();
    are_open(&cloud, &lines, &["4111111111111111", token, &cloud.key()]);
}
