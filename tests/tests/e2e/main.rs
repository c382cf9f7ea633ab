//! End-to-end tests: real clients, real function processes, the real templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::too_many_lines)]

mod across_doors;
mod answers;
mod api_keys;
mod authentication;
mod bad_input;
mod bootstraps;
mod browser;
mod budgets;
mod callers;
mod capabilities;
mod challenge;
mod checkout;
mod consistency;
mod customers;
mod details;
mod direct;
mod durability;
mod erasure;
mod idempotency;
mod intents;
mod listen;
mod lists;
mod local_cloud;
mod networks;
mod operator;
mod payments;
mod previous_release;
mod recover;
mod refunds;
mod releases;
mod request_lines;
mod rotation;
mod runtime_api;
mod samples;
mod secrecy;
mod simple;
mod start_page;
mod tenancy;
mod trigger;
mod versions;
mod webhook_endpoints;
mod webhook_tools;
mod webhooks;

use serde_json::{Value, json};

/// A payment of a test card.
fn payment(token: &str, amount: i64) -> Value {
    json!({"amount": amount, "currency": "GBP", "source": {"type": "card", "token": token}})
}
