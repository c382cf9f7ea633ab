//! What Lambda's event sources start: the functions that no caller waits for.

use serde::Serialize;

/// The part of a batch that has to be delivered again.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

impl BatchResponse {
    /// Marks an item of the batch as failed. For a stream, Lambda starts again at the first one that is.
    pub fn failed(&mut self, item_identifier: impl Into<String>) {
        self.batch_item_failures.push(BatchItemFailure {
            item_identifier: item_identifier.into(),
        });
    }
}
