//! The functions that event sources start: stream, queue and schedule.

use std::time::Instant;

use serde::Serialize;
use tollgate_gateway::{AwsEnvironment, Cost, DueQueues, Queue, StoreError, metrics::line::function};

/// Logs an invocation that had work: how much, and its cost. Calls are counted, not named: a batch may make thousands.
pub fn log_invocation(records: usize, cost: &Cost, began: Instant) {
    tracing::info!(
        function = function(),
        records,
        duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        calls = cost.operations.len(),
        depth = cost.depth,
        read_units = cost.read_units,
        write_units = cost.write_units,
        "invocation"
    );
}

/// The queues that the function's environment names.
pub fn due_queues() -> Result<DueQueues, StoreError> {
    let environment = AwsEnvironment::from_environment()?;
    Ok(DueQueues { webhooks: Queue::of_webhooks(&environment)?, due_work: Queue::of_due_work(&environment)? })
}

/// The items of a batch that have to be delivered again.
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
    /// Marks an item of the batch as failed. For a stream, Lambda starts again at the first failed one.
    pub fn failed(&mut self, item_identifier: impl Into<String>) {
        self.batch_item_failures.push(BatchItemFailure { item_identifier: item_identifier.into() });
    }
}
