//! The hosted pages in a real browser.

use std::collections::BTreeMap;

use axum::{Router, response::Html};
use serde_json::{Value, json};
use tollgate_tests::{Cloud, eventually, run_sample};

use crate::checkout::{initialized, status, with};

/// A shop to come back to: any page under its address is one.
async fn shop() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let pages = Router::new().fallback(|| async { Html("<!doctype html><title>Shop</title><h1>Shop</h1>") });
    tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
    url
}

/// A request of an order whose payer comes back to the shop.
fn coming_back(shop: &str, order: &str, more: &Value) -> Value {
    let mut changes = json!({"return_url": format!("{shop}paid"), "cancel_url": format!("{shop}not-paid")});
    changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with(order, &changes)
}

/// Hosted payments for every scenario, by name: the links or the HTML that lead to them, and their references.
async fn hosted(cloud: &Cloud, shop: &str) -> (Value, BTreeMap<String, String>) {
    let mut links = json!({});
    let mut references = BTreeMap::new();
    for scenario in ["pay_and_pass", "cancel", "fail_the_challenge", "double_click", "keyboard"] {
        let mut both = Vec::new();
        for scripts in ["", "_without_scripts"] {
            let name = format!("{scenario}{scripts}");
            let (reference, url) = initialized(cloud, &coming_back(shop, &name, &json!({}))).await;
            both.push(url);
            references.insert(name, reference);
        }
        links[scenario] = json!(both);
    }
    let long = json!({"order_id": "a-long-order-number-".repeat(10)});
    let (_, url) = initialized(cloud, &coming_back(shop, "phone", &long)).await;
    links["phone"] = json!(url);
    for scenario in ["html", "html_in_a_frame", "html_in_a_sandbox"] {
        let amex = json!({"card_number": "378282246310005", "cvv": "1234"});
        let order = coming_back(shop, scenario, &amex);
        let given = cloud.checkout().post("/payments/initialize", &order).await.expect(200);
        links[scenario] = given["html_content"].clone();
        let reference = given["transaction_reference"].as_str().unwrap();
        references.insert(scenario.to_owned(), reference.to_owned());
    }
    (links, references)
}

/// Checks where the browser ended in each scenario, and what it showed on the way.
fn check_ends(seen: &Value) {
    for scripts in ["", "_without_scripts"] {
        let of = |scenario: &str| seen[format!("{scenario}{scripts}")].clone();
        let paid = of("pay_and_pass");
        assert_eq!(
            (&paid["challenge"], &paid["end"], &paid["again"]),
            (&json!("Confirm your payment"), &json!("/paid"), &json!("This link was used"))
        );
        let text = paid["seen"].as_str().unwrap();
        assert!(
            text.contains("100.50 USD") && text.contains("Demo merchant") && text.contains("1111"),
            "{text}"
        );
        assert_eq!(of("cancel")["end"], "/not-paid");
        assert_eq!(of("fail_the_challenge")["end"], "/not-paid");
        assert_eq!(of("double_click")["end"], "/paid");
        assert_eq!(of("keyboard")["end"], "/paid");
        assert_eq!(of("expired")["status"], 410);
    }
    for scenario in ["html", "html_in_a_frame", "html_in_a_sandbox"] {
        assert_eq!(seen[scenario]["end"], "/paid", "{scenario}");
    }
    assert!(seen["phone"]["width"].as_i64().unwrap() <= 320, "{}", seen["phone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn payers_pay_cancel_and_fail_in_a_real_browser() {
    let needs = [
        "node",
        "-e",
        "require('playwright-core'); require('fs').accessSync(process.env.TOLLGATE_CHROMIUM || '/usr/bin/chromium')",
    ];
    let program = include_str!("../../browser/pages.cjs");
    let (cloud, shop) = (Cloud::start().await, shop().await);
    let (mut links, references) = hosted(&cloud, &shop).await;
    // A link that has expired, of another cloud whose payers get one second.
    let hasty = Cloud::start_with(&[("CheckoutSeconds", "1")]).await;
    let (reference, url) = initialized(&hasty, &coming_back(&shop, "expired", &json!({}))).await;
    eventually("it expires", || async {
        (status(&hasty, &reference).await["status"] == "cancelled").then_some(())
    })
    .await;
    links["expired"] = json!(url);

    // The program comes first on standard input, what it reads after it: node takes the program from a file instead.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.cjs");
    std::fs::write(&path, program).unwrap();
    let input = json!({"shop": shop, "links": links}).to_string();
    let Some(printed) = run_sample(&["node", path.to_str().unwrap()], &needs, &input).await else {
        return;
    };
    let seen: Value = serde_json::from_str(&printed).unwrap();
    check_ends(&seen);
    let pages = cloud.local("");
    for (scenario, result) in seen.as_object().unwrap() {
        assert_eq!(result["complaints"], json!([]), "{scenario}");
        for origin in result["origins"].as_array().unwrap() {
            let origin = origin.as_str().unwrap();
            let known = [pages.as_str(), shop.trim_end_matches('/'), &hasty.local("")].contains(&origin);
            assert!(known, "{scenario} loads from {origin}");
        }
    }
    for (name, reference) in &references {
        let end = match name.trim_end_matches("_without_scripts") {
            "cancel" => "cancelled",
            "fail_the_challenge" => "failed",
            _ => "completed",
        };
        assert_eq!(status(&cloud, reference).await["status"], end, "{name}");
    }
}
