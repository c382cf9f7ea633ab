//! The `checkout` API: hosted payments, their pages, decimal amounts, errors that list every wrong field.

mod callers;
mod fields;
mod orders;
mod pages;
mod payments;
mod refunds;
mod samples;
mod secrecy;

use crate::challenge::{browser, press};
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission, Tier};
use tollgate_tests::{Answer, Client, Cloud, run_sample};

/// The request of the text with another order's number.
pub(crate) fn order(order_id: &str) -> Value {
    json!({
        "order_id": order_id,
        "amount": 100.50,
        "currency": "USD",
        "payment_provider": "mpgs",
        "card_number": "4111111111111111",
        "exp_month": "12",
        "exp_year": "25",
        "cvv": "123",
        "customer_email": "customer@example.com",
        "customer_name": "John Doe",
        "return_url": "https://your-website.com/payment/success",
        "cancel_url": "https://your-website.com/payment/cancel"
    })
}

pub(crate) fn with(order_id: &str, changes: &Value) -> Value {
    let mut body = order(order_id);
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Initialises a payment; gives its reference and the page of its checkout.
pub(crate) async fn initialized(cloud: &Cloud, body: &Value) -> (String, String) {
    let answer = cloud.checkout().post("/payments/initialize", body).await.expect(200);
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("transaction_reference"), text("redirect_url"))
}

pub(crate) async fn status(cloud: &Cloud, reference: &str) -> Value {
    let path = format!("/payments/{reference}/status");
    cloud.checkout().get(&path).await.expect(200)["data"].clone()
}

/// Presses a button of the checkout page; gives where it leads, made absolute.
pub(crate) async fn press_at(url: &str, button: &str) -> (Answer, String) {
    let answer = press(url, button).await;
    let base = reqwest::Url::parse(url).unwrap();
    let location = base.join(answer.header("location")).unwrap().to_string();
    (answer, location)
}

/// Pays and passes the challenge; gives where the payer ends up.
pub(crate) async fn pay(url: &str) -> String {
    let (answer, challenge) = press_at(url, "pay").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(challenge.contains("/pages/challenge/"), "{challenge}");
    press_at(&challenge, "complete").await.1
}

#[track_caller]
fn failed(answer: &Answer, status: u16) -> String {
    let body = answer.expect(status);
    assert_eq!((body["success"].clone(), body.as_object().unwrap().len()), (json!(false), 2), "{body}");
    body["message"].as_str().unwrap().to_owned()
}
