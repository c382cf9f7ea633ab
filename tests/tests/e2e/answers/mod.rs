//! Whole answers as snapshots: status, headers and every byte of the body of each route, with ids and times replaced.
//!
//! One folder for each front door and one file for each route, named as its binary in `functions/`. What every route refuses in
//! the same way (no key, a wrong key, a missing scope, too many requests, no JSON, nothing there) is in `refusals`.
//! When an answer is meant to change, look at the difference and take it over: `cargo insta review`, or run the test with
//! `INSTA_UPDATE=always`.

mod charges;
mod checkout;
mod direct;
mod intents;
mod pages;
mod refusals;
mod simple;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tollgate_tests::{Answer, Cloud, Receiver, eventually, transcript::Transcript};

/// The id of what an answer shows.
fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {}", answer.text)).to_owned()
}

/// A field of an answer that is text, by its pointer.
fn text(answer: &Answer, pointer: &str) -> String {
    let value = answer.json().pointer(pointer).and_then(|value| value.as_str().map(str::to_owned));
    value.unwrap_or_else(|| panic!("no {pointer}: {}", answer.text))
}

/// Waits until a thing has this status.
async fn has_status(client: &tollgate_tests::Client, path: &str, status: &str) {
    eventually(&format!("{path} is {status}"), || async {
        (client.get(path).await.expect(200)["status"] == status).then_some(())
    })
    .await;
}

#[test]
fn every_route_of_the_templates_has_a_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/answers");
    let templates = crate::budgets::templates();
    let routes = templates.apis.iter().flat_map(|api| &api.routes);
    let file = |function: &str| {
        let (front_door, route) = function.split_once('-').unwrap();
        folder.join(front_door).join(format!("{}.rs", route.replace('-', "_")))
    };
    let missing: Vec<_> = routes.map(|route| file(&route.function)).filter(|file| !file.is_file()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
