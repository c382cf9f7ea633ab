//! The answers of `direct`.

mod create_payment;
mod events;
mod issue_token;
mod list_transactions;
mod refund_payment;
mod retrieve_payment;
mod unknown_route;

use super::*;

/// The request of the text.
fn sample() -> Value {
    json!({
        "amount": 5000,
        "currency": "USD",
        "payment_method": "card",
        "customer": {"email": "customer@example.com", "name": "John Doe"},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2025, "cvc": "123"},
        "description": "Order #12345",
    })
}

/// The request of the text with another value at a pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = sample();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

/// The request of the text without a field.
fn without(name: &str) -> Value {
    let mut body = sample();
    body.as_object_mut().unwrap().remove(name);
    body
}
