//! The `intents` API: payments in steps, payment methods, refunds, customers, and the webhook endpoints of every front door.
//!
//! One binary per route in `src/bin`; what they share is here. Where the published text is silent, Stripe's published
//! conventions for the same resource are followed, so that its client libraries work.

mod api;
pub mod customers;
pub mod lists;
pub mod payment_intents;
pub mod payment_methods;
pub mod refunds;
pub mod webhook_endpoints;

pub use api::Intents;

/// A request's body without the parts of a card or an account that may not be kept, not even in a fingerprint.
pub fn without_card_data(body: &serde_json::Value) -> serde_json::Value {
    use serde_json::{Value, json};
    use tollgate_domain::card::last_four_digits;
    let mut body = body.clone();
    for at in ["", "/payment_method_data"] {
        for (object, number) in [("card", "number"), ("sepa_debit", "iban")] {
            let found = body.pointer_mut(&format!("{at}/{object}"));
            if let Some(fields) = found.and_then(Value::as_object_mut) {
                fields.shift_remove("cvc");
                if let Some(number) = fields.get_mut(number) {
                    *number = json!(last_four_digits(number.as_str().unwrap_or_default()));
                }
            }
        }
    }
    body
}
