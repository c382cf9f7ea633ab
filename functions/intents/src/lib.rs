//! The `intents` API: for now its webhook endpoints, which the other front doors' merchants register here too.

mod api;
pub mod webhook_endpoints;

pub use api::Intents;
