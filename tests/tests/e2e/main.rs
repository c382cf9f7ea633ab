//! End-to-end tests: real clients, real function processes, the real templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod across_doors;
mod answers;
mod authentication;
mod bootstraps;
mod browser;
mod budgets;
mod callers;
mod capabilities;
mod challenge;
mod charges;
mod checkout;
mod consistency;
mod costs;
mod direct;
mod due_work;
mod durability;
mod dynamodb_faults;
mod erasure;
mod event_files;
mod frozen_connections;
mod grants;
mod idempotency;
mod intents;
mod listen;
mod lists;
mod local_cloud;
mod metrics;
mod networks;
mod notices;
mod operations_guide;
mod operator;
mod payout_files;
mod previous_release;
mod production_shape;
mod reconcile;
mod releases;
mod request_lines;
mod restore;
mod rotation;
mod runtime_api;
mod samples;
mod secrecy;
mod simple;
mod start_page;
mod template_figures;
mod tenancy;
mod trigger;
mod webhooks;

use serde_json::{Value, json};

/// A payment of a test card.
fn payment(token: &str, amount: i64) -> Value {
    json!({"amount": amount, "currency": "GBP", "source": {"type": "card", "token": token}})
}
