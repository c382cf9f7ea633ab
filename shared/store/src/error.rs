//! Failures of AWS or of stored data.

/// A failure of the tables, the queue or the secrets. The text is for logs; callers receive an internal
/// error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// AWS refused or did not answer, after all retries.
    #[error("{operation} failed: {detail}")]
    Aws {
        /// The operation.
        operation: &'static str,
        /// The error of AWS.
        detail: String,
    },
    /// An item cannot be read.
    #[error("item {key} does not read: {detail}")]
    BadItem {
        /// The item's partition key.
        key: String,
        /// The reason.
        detail: String,
    },
    /// An item was written by a newer release in a format that this release does not read.
    #[error("item {key} has format {format}; this release reads up to {newest}")]
    NewerFormat {
        /// The item's partition key.
        key: String,
        /// The item's format.
        format: u32,
        /// The newest format that this release reads.
        newest: u32,
    },
    /// A value cannot be stored.
    #[error("value cannot be stored: {0}")]
    BadValue(String),
    /// Other changes of the item prevented every try.
    #[error("gave up after {attempts} conflicting attempts on {key}")]
    Contended {
        /// The item's partition key, or the operation.
        key: String,
        /// Number of tries.
        attempts: u32,
    },
    /// An environment variable is missing.
    #[error("environment variable {0} is not set")]
    Environment(&'static str),
}
