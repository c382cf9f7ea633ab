//! The `intents` API: payments in steps, payment methods, refunds, payouts, customers, and the webhook endpoints of every front door.
//!
//! One binary per route in `src/bin`; what they share is here. Where the published text is silent, Stripe's published
//! conventions for the same resource are followed, so that its client libraries work.

pub mod account_objects;
pub mod accounts;
mod api;
pub mod api_keys;
pub mod balance;
pub mod balance_settings;
pub mod charges;
mod contact;
pub mod customers;
mod destinations;
pub mod disputes;
pub mod events;
pub mod expansions;
pub mod external_accounts;
pub mod lists;
pub mod objects;
mod parameters;
mod payment_details;
pub mod payment_intents;
pub mod payment_methods;
pub mod payouts;
pub mod prices;
pub mod products;
pub mod refunds;
pub mod transfers;
pub mod versions;
pub mod webhook_endpoints;

pub use api::Intents;

/// The webhook queue, opened once for each function.
pub fn queue() -> Result<&'static tollgate_gateway::Queue, tollgate_http::Problem> {
    use tollgate_gateway::{AwsEnvironment, Error, Queue};
    static QUEUE: std::sync::OnceLock<Queue> = std::sync::OnceLock::new();
    if let Some(queue) = QUEUE.get() {
        return Ok(queue);
    }
    let environment = AwsEnvironment::from_environment().map_err(Error::from)?;
    let queue = Queue::of_webhooks(&environment).map_err(Error::from)?;
    Ok(QUEUE.get_or_init(|| queue))
}

/// The body without card data and account numbers, for its fingerprint.
pub fn without_card_data(body: &serde_json::Value) -> serde_json::Value {
    use tollgate_http::CardPlace;
    const PLACES: &[CardPlace] = &[
        CardPlace { object: "/card", number: "number", security_code: "cvc" },
        CardPlace { object: "/external_account", number: "account_number", security_code: "cvc" },
        CardPlace { object: "/sepa_debit", number: "iban", security_code: "cvc" },
        CardPlace { object: "/payment_method_data/card", number: "number", security_code: "cvc" },
        CardPlace { object: "/payment_method_data/sepa_debit", number: "iban", security_code: "cvc" },
    ];
    tollgate_http::without_card_data(body, PLACES)
}
