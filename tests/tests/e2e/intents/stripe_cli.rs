//! Stripe's own command-line tool, given the local port's root as its base address and nothing else.

use std::collections::BTreeSet;

use tollgate_tests::{runs, settled};

use super::*;

/// The events that the tool triggers here, each with the event that tells of it.
const TRIGGERED: &[(&str, &str)] = &[
    ("balance.available", "balance.available"),
    ("charge.captured", "charge.captured"),
    ("charge.dispute.closed", "charge.dispute.closed"),
    ("charge.dispute.created", "charge.dispute.created"),
    ("charge.dispute.updated", "charge.dispute.updated"),
    ("charge.failed", "charge.failed"),
    ("charge.refund.updated", "charge.refund.updated"),
    ("charge.refunded", "charge.refunded"),
    ("charge.succeeded", "charge.succeeded"),
    ("customer.created", "customer.created"),
    ("customer.deleted", "customer.deleted"),
    ("customer.updated", "customer.updated"),
    ("payment_intent.amount_capturable_updated", "payment_intent.amount_capturable_updated"),
    ("payment_intent.canceled", "payment_intent.canceled"),
    ("payment_intent.created", "payment_intent.created"),
    ("payment_intent.payment_failed", "payment_intent.payment_failed"),
    ("payment_intent.processing", "payment_intent.processing"),
    ("payment_intent.requires_action", "payment_intent.requires_action"),
    ("payment_intent.succeeded", "payment_intent.succeeded"),
    ("payment_method.attached", "payment_method.attached"),
    ("payment_method.detached", "payment_method.detached"),
    ("payout.created", "payout.created"),
    ("payout.updated", "payout.updated"),
    ("price.created", "price.created"),
    ("price.updated", "price.updated"),
    ("product.created", "product.created"),
    ("product.deleted", "product.deleted"),
    ("product.updated", "product.updated"),
];

/// The events of these resources whose fixtures ask for what is not served: a customer's cash, setup intents.
const NOT_SERVED: &[&str] = &["payment_intent.partially_funded", "payment_method.updated"];

/// Runs the tool; gives what it printed.
async fn stripe(cloud: &Cloud, home: &std::path::Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = tokio::process::Command::new("stripe");
    command.args(arguments);
    if arguments.last() != Some(&"--help") {
        // It takes no `localhost`.
        let base = format!("http://127.0.0.1:{}", cloud.port());
        command.args(["--api-base", &base, "--api-key", &cloud.key()]);
    }
    // It keeps settings in the home folder, and asks the internet for a newer version of itself.
    command.env("HOME", home).env("XDG_CONFIG_HOME", home);
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("STRIPE_CLI_TELEMETRY_OPTOUT", "1");
    let output = command.stdin(std::process::Stdio::null()).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout);
    if output.status.success() { Ok(printed) } else { Err(format!("{printed}{}", text(&output.stderr))) }
}

/// How many events of a type there are.
async fn count(cloud: &Cloud, name: &str) -> usize {
    let page = cloud.intents().get(&format!("/events?limit=100&type={name}")).await.expect(200);
    page["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tool_triggers_every_event_whose_routes_are_served() {
    if !runs(&["stripe", "--version"]).await {
        return;
    }
    let (cloud, home) = (published::unlimited().await, tempfile::tempdir().unwrap());
    let offered = stripe(&cloud, home.path(), &["trigger", "--help"]).await.unwrap();
    let is_served = |event: &&str| {
        let single = ["balance.available", "customer.created", "customer.updated", "customer.deleted"];
        single.contains(event)
            || ["charge.", "payment_intent.", "payment_method.", "payout.", "price.", "product."]
                .iter()
                .any(|of| event.starts_with(of))
    };
    let offered: BTreeSet<&str> = offered.lines().map(str::trim).filter(is_served).collect();
    let known = TRIGGERED.iter().map(|(event, _)| *event).chain(NOT_SERVED.iter().copied());
    assert_eq!(offered, known.collect(), "what the tool offers");
    let mut wrong = Vec::new();
    for (event, told) in TRIGGERED {
        let before = count(&cloud, told).await;
        if let Err(printed) = stripe(&cloud, home.path(), &["trigger", event]).await {
            wrong.push(format!("{event}: {printed}"));
            continue;
        }
        let happened = settled(async || {
            let now = count(&cloud, told).await;
            if now > before { Ok(()) } else { Err(format!("{event}: no {told}")) }
        });
        wrong.extend(happened.await.err());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tool_reads_and_writes() {
    if !runs(&["stripe", "--version"]).await {
        return;
    }
    let (cloud, home) = (Cloud::start().await, tempfile::tempdir().unwrap());
    let asked = async |arguments: &[&str]| -> Value {
        let printed = stripe(&cloud, home.path(), arguments).await.unwrap();
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    };
    let made =
        asked(&["post", "/v1/customers", "-d", "email=cli@example.com", "-d", "description=CLI"]).await;
    assert_eq!((&made["object"], &made["description"]), (&json!("customer"), &json!("CLI")));
    let path = format!("/v1/customers/{}", made["id"].as_str().unwrap());
    assert_eq!(asked(&["get", &path]).await["email"], "cli@example.com");
    let list = asked(&["get", "/v1/customers", "--limit", "1"]).await;
    assert_eq!(list["data"][0]["id"], made["id"]);
    let intent =
        ["payment_intents", "create", "--amount=2000", "--currency=usd", "-d", "payment_method_types[]=card"];
    assert_eq!(asked(&intent).await["status"], "requires_payment_method");
    let gone = asked(&["delete", &path, "--confirm"]).await;
    assert_eq!(gone["deleted"], true);
}
