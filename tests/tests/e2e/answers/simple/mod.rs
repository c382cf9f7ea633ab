//! The answers of `simple`.

mod create_payment;
mod create_refund;
mod retrieve_payment;
mod unknown_route;

use super::*;

/// The request of the text.
const PAYMENT: &str =
    r#"{"amount":100.00,"currency":"USD","source":"tok_visa","description":"Payment for order #12345"}"#;

/// A payment of 100.00 USD; gives its id.
async fn paid(cloud: &Cloud) -> String {
    let body = json!({"amount": 100, "currency": "USD", "source": "tok_visa"});
    id(&cloud.client("simple").post("/payments", &body).await)
}
