//! The `intents` API: its quick start, and the official client libraries whose conventions it follows.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};
use tollgate_tests::{Answer, Cloud, Receiver, curl, has_curl, run_sample};

use crate::challenge::press;

/// An endpoint for what happens to payments: the local cloud's own endpoint makes events, too.
fn of_payments(receiver: &Receiver) -> Value {
    json!({"url": receiver.url, "enabled_events": ["payment_intent.*", "charge.*"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_of_the_text_works_curl_by_curl() {
    if !has_curl() {
        return;
    }
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]);
    cloud.intents().post("/webhook_endpoints", &of_payments(&receiver)).await.expect(201);
    let (url, user) = (format!("{}/payment_intents", cloud.api("intents")), format!("{}:", cloud.key()));
    let post = |path: &str, headers: &[&str], fields: &[&str]| {
        let url = format!("{url}{path}");
        let mut arguments = vec!["-X", "POST", &url, "-u", &user];
        arguments.extend(headers.iter().flat_map(|header| ["-H", *header]));
        arguments.extend(fields.iter().flat_map(|field| ["-d", *field]));
        curl(&arguments)
    };
    let fields =
        ["amount=4900", "currency=eur", "payment_method_types[]=card", "metadata[order_id]=ORD-7741"];
    let (status, body) = post("", &["Idempotency-Key: ord_4e2b8f1a"], &fields);
    assert_eq!(status, 201, "{body}");
    assert_eq!(
        [&body["object"], &body["amount"], &body["currency"], &body["status"]],
        [&json!("payment_intent"), &json!(4900), &json!("eur"), &json!("requires_payment_method")]
    );
    assert_eq!(body["metadata"]["order_id"], "ORD-7741");
    let headers = ["Content-Type: application/x-www-form-urlencoded", "Idempotency-Key: test_1"];
    let fields = ["amount=9900", "currency=eur", "payment_method_types[]=card"];
    let (status, body) = post("", &headers, &fields);
    assert_eq!(status, 201, "{body}");
    let confirm = format!("/{}/confirm", body["id"].as_str().unwrap());
    let (status, body) = post(&confirm, &[], &["payment_method=pm_card_visa"]);
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
    let receiver = Receiver::start(&[]);
    let endpoint = cloud.intents().post("/webhook_endpoints", &of_payments(&receiver)).await.expect(201);
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
        "base": cloud.local(""),
        "secret_key": credentials["secret_key"],
        "publishable_key": credentials["publishable_key"],
        "partner_secret_key": credentials["partner_secret_key"],
        "webhook_secret": endpoint["secret"],
        "endpoint": endpoint["id"],
        "webhooks": webhooks,
    });
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/stripe_program.py");
    let needs = ["python3", "-c", "import stripe, requests"];
    if let Some(printed) = run_sample(&["python3", program], &needs, &settings.to_string()).await {
        let calls: u32 = printed.trim().parse().unwrap();
        assert!(calls >= 100, "only {calls} calls");
    }
}

/// What a merchant or a payer may try with an intent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Confirm(&'static str),
    GiveMethod,
    Capture,
    Cancel,
    ChangeAmount,
    Challenge(&'static str),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop_oneof![
            Just("pm_card_visa"),
            Just("pm_card_chargeDeclined"),
            Just("pm_card_threeDSecure2Required")
        ]
        .prop_map(Step::Confirm),
        1 => Just(Step::GiveMethod),
        1 => Just(Step::Capture),
        1 => Just(Step::Cancel),
        1 => Just(Step::ChangeAmount),
        2 => prop_oneof![Just("complete"), Just("fail")].prop_map(Step::Challenge),
    ]
}

/// Where a step leads from a status, as the published conventions have it: the status after it, or `None` where the step is
/// not allowed.
fn expected(status: &'static str, step: Step, manual: bool) -> Option<&'static str> {
    let charged = if manual { "requires_capture" } else { "succeeded" };
    let uncharged = matches!(status, "requires_payment_method" | "requires_confirmation" | "requires_action");
    match step {
        Step::Confirm(method) if matches!(status, "requires_payment_method" | "requires_confirmation") => {
            Some(match method {
                "pm_card_visa" => charged,
                "pm_card_chargeDeclined" => "requires_payment_method",
                _ => "requires_action",
            })
        }
        Step::GiveMethod if status == "requires_payment_method" => Some("requires_confirmation"),
        // The cardholder was asked about another charge.
        Step::GiveMethod | Step::ChangeAmount if status == "requires_action" => Some("requires_confirmation"),
        Step::GiveMethod | Step::ChangeAmount if uncharged => Some(status),
        Step::Capture if status == "requires_capture" => Some("succeeded"),
        Step::Cancel if uncharged || status == "requires_capture" => Some("canceled"),
        Step::Challenge("complete") if status == "requires_action" => Some(charged),
        Step::Challenge(_) if status == "requires_action" => Some("requires_payment_method"),
        _ => None,
    }
}

/// An illegal move is told in words that name the state, and changes nothing.
#[track_caller]
fn unexpected_state(answer: &Answer, status: &str, context: &str) {
    let error = &answer.expect(400)["error"];
    assert_eq!(error["code"], "payment_intent_unexpected_state", "{context}: {error}");
    assert!(error["message"].as_str().unwrap().contains(status), "{context}: {error}");
}

#[tokio::test]
async fn random_steps_lead_where_the_model_says_and_every_illegal_one_is_refused() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let mut runner = TestRunner::default();
    for round in 0..10 {
        let manual = round % 2 == 0;
        let sequence = proptest::collection::vec(steps(), 10).new_tree(&mut runner).unwrap().current();
        let body = json!({"amount": 1000, "currency": "eur", "capture_method": if manual { "manual" } else { "automatic" }});
        let made = intents.post("/payment_intents", &body).await.expect(201);
        let path = format!("/payment_intents/{}", made["id"].as_str().unwrap());
        let mut status = "requires_payment_method";
        let mut page: Option<String> = None;
        for (at, step) in sequence.iter().enumerate() {
            let context = format!("manual: {manual}, step {at} of {sequence:?} at {status}");
            let next = expected(status, *step, manual);
            let answer = match step {
                Step::Challenge(button) => {
                    if let (Some(url), Some(_)) = (&page, next) {
                        press(url, button).await;
                    }
                    intents.get(&path).await
                }
                Step::Confirm(method) => {
                    intents.post(&format!("{path}/confirm"), &json!({"payment_method": method})).await
                }
                Step::GiveMethod => intents.post(&path, &json!({"payment_method": "pm_card_visa"})).await,
                Step::ChangeAmount => intents.post(&path, &json!({"amount": 1000 + at})).await,
                Step::Capture => intents.post(&format!("{path}/capture"), &json!({})).await,
                Step::Cancel => intents.post(&format!("{path}/cancel"), &json!({})).await,
            };
            let shown = match (step, next) {
                (Step::Confirm("pm_card_chargeDeclined"), Some(_)) => {
                    answer.expect(402)["error"]["payment_intent"].clone()
                }
                (Step::Challenge(_), _) | (_, Some(_)) => answer.expect(200),
                (_, None) => {
                    unexpected_state(&answer, status, &context);
                    continue;
                }
            };
            status = next.unwrap_or(status);
            assert_eq!(shown["status"], status, "{context}");
            let amount = shown["amount"].as_i64().unwrap();
            let (taken, reserved) = match status {
                "succeeded" => (amount, 0),
                "requires_capture" => (0, amount),
                _ => (0, 0),
            };
            assert_eq!(
                (shown["amount_received"].as_i64(), shown["amount_capturable"].as_i64()),
                (Some(taken), Some(reserved)),
                "{context}"
            );
            let url = &shown["next_action"]["redirect_to_url"]["url"];
            page = url.as_str().map(str::to_owned);
        }
    }
}
