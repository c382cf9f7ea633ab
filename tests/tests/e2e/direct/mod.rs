//! The `direct` API: raw cards, wallets, stored cards, access tokens, offset lists, its five events.

mod events;
mod fields;
mod payments;
mod rate_limit;
mod refunds;
mod samples;
mod tokens;
mod transactions;
mod wallets;

use crate::challenge::press;
use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission, Tier};
use tollgate_tests::{Answer, Client, Cloud, Receiver, run_sample};

/// The request of the text.
fn sample() -> Value {
    json!({
        "amount": 5000,
        "currency": "USD",
        "payment_method": "card",
        "customer": {"email": "customer@example.com", "name": "John Doe"},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2025, "cvc": "123"},
        "description": "Order #12345"
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut body = sample();
    *body.pointer_mut(path).unwrap() = value;
    body
}

fn without(object: &str, key: &str) -> Value {
    let mut body = sample();
    body.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(key);
    body
}

#[track_caller]
fn error(answer: &Answer, status: u16, error_type: &str, code: &str, param: Option<&str>) -> String {
    let body = answer.expect(status);
    let error = &body["error"];
    assert_eq!(
        (error["type"].as_str(), error["code"].as_str(), error["param"].as_str()),
        (Some(error_type), Some(code), param),
        "{body}"
    );
    assert_eq!((body.as_object().unwrap().len(), error.as_object().unwrap().len()), (1, 4), "{body}");
    error["message"].as_str().unwrap().to_owned()
}

/// The body of a request for an access token.
fn credentials(cloud: &Cloud, secret: &str) -> Value {
    json!({"client_id": cloud.ready["credentials"]["client_id"], "client_secret": secret})
}

fn number(card: &str) -> Value {
    with("/card/number", json!(card))
}
