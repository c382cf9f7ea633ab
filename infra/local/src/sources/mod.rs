//! What starts functions besides requests, with Lambda's own rules for what becomes of failures.

pub mod queue;
pub mod schedule;
pub mod stream;

use std::collections::HashSet;

use serde_json::Value;

/// The items of a batch that a function says have failed. An answer without the list means that none has.
fn failed_items(answer: &[u8]) -> HashSet<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let failures = answer["batchItemFailures"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    failures
        .iter()
        .filter_map(|f| f["itemIdentifier"].as_str().map(str::to_owned))
        .collect()
}
