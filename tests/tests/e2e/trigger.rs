//! `cargo local trigger`: every event there is can be made to happen.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::process::Command;
use tollgate_domain::FrontDoor;
use tollgate_tests::{Cloud, Receiver, binary, eventually};

/// Runs it; gives status, standard output and standard error.
async fn trigger(arguments: &[&str]) -> (Option<i32>, String, String) {
    let ended = Command::new(binary("tollgate-local")).arg("trigger").args(arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// The ids that were printed, without their prefixes: an API's own prefix says only who shows the thing.
fn ids(printed: &str) -> Vec<String> {
    let of_line = |line: &str| line.rsplit(' ').next().unwrap().rsplit('_').next().unwrap().to_owned();
    printed.lines().map(of_line).collect()
}

/// Whether an event of the type tells of one of the things, or of balances and their settings, which have no ids.
fn tells(events: &[Value], name: &str, things: &[String]) -> bool {
    events.iter().filter(|event| event["type"] == name).any(|event| {
        let object = &event["data"]["object"];
        // What comes from another merchant is known by where it goes.
        let id = if object["object"] == "transfer" { &object["destination"] } else { &object["id"] };
        let id = id.as_str().unwrap_or_default();
        matches!(object["object"].as_str(), Some("balance" | "balance_settings"))
            || things.iter().any(|thing| !thing.is_empty() && id.ends_with(thing.as_str()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_every_api_is_listed_happens_and_arrives() {
    let cloud = Cloud::start().await;
    let port = cloud.port().to_string();
    let (code, listed, _) = trigger(&[]).await;
    assert_eq!(code, Some(0));
    let listed: BTreeSet<&str> = listed.lines().collect();
    let all: BTreeSet<&str> =
        FrontDoor::ALL.iter().flat_map(|api| tollgate_apis::event_types(*api)).collect();
    assert_eq!(listed, all);

    // An endpoint of each API that has webhooks, for all of its events.
    let mut receivers = Vec::new();
    for api in ["charges", "intents", "direct"] {
        let receiver = Receiver::start(&[]);
        let endpoint = json!({"url": receiver.url, "api": api});
        cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201);
        let front_door = FrontDoor::ALL.iter().find(|door| door.as_str() == api).unwrap();
        let known: BTreeSet<&str> = tollgate_apis::event_types(*front_door).collect();
        receivers.push((api, known, receiver));
    }
    for name in all {
        let (code, printed, error) = trigger(&[name, "--port", &port]).await;
        assert_eq!(code, Some(0), "{name}: {error}");
        let things = ids(&printed);
        for (api, _, receiver) in receivers.iter().filter(|(_, known, _)| known.contains(name)) {
            eventually(&format!("{name} of {api} after {printed}"), || async {
                let events: Vec<Value> =
                    receiver.received().iter().map(tollgate_tests::Webhook::json).collect();
                tells(&events, name, &things).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn parameters_are_set_and_what_is_wrong_is_said() {
    let cloud = Cloud::start().await;
    let port = cloud.port().to_string();
    let at = ["--port", &port];
    let set = ["refund.created", "--set", "amount=500", "--set", "refund.amount=120"];
    let (code, printed, error) = trigger(&[&set[..], &at].concat()).await;
    assert_eq!(code, Some(0), "{error}");
    let id = printed.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let intent = cloud.intents().get(&format!("/payment_intents/{id}")).await.expect(200);
    assert_eq!(intent["amount"], 500, "{intent}");
    let refunds = cloud.intents().get("/refunds").await.expect(200);
    assert_eq!(refunds["data"][0]["amount"], 120, "{refunds}");

    let (code, _, error) = trigger(&["payment.canceled", "--port", &port]).await;
    assert_eq!(code, Some(2));
    assert!(error.contains("payment_intent.canceled"), "it lists those there are: {error}");
    let (code, _, error) = trigger(&["customer.created", "--set", "colour=red", "--port", &port]).await;
    assert_eq!(code, Some(1));
    assert!(error.contains("colour"), "{error}");
    let (code, _, _) = trigger(&["customer.created", "--set", "name", "--port", &port]).await;
    assert_eq!(code, Some(2));
}
