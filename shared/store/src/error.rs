//! What can go wrong below the rules: always our fault or AWS's, never the caller's.

/// A failure of the tables or the queue. The text is for logs; callers of the API are told `internal server error`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// AWS refused or did not answer, after the SDK's own retries.
    #[error("{operation} failed: {detail}")]
    Aws {
        /// The operation.
        operation: &'static str,
        /// What AWS said.
        detail: String,
    },
    /// An item does not read as what its key says it is.
    #[error("item {key} does not read: {detail}")]
    BadItem {
        /// The item's partition key.
        key: String,
        /// Why.
        detail: String,
    },
    /// A later release wrote an item in a format that this one does not read.
    #[error("item {key} has format {format}; this release reads up to {newest}")]
    NewerFormat {
        /// The item's partition key.
        key: String,
        /// The format it is written in.
        format: u32,
        /// The newest that is read here.
        newest: u32,
    },
    /// A value cannot be stored.
    #[error("value cannot be stored: {0}")]
    BadValue(String),
    /// Others changed the same item each time we tried.
    #[error("gave up after {attempts} conflicting attempts on {key}")]
    Contended {
        /// The item's partition key, or the operation.
        key: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The function's environment lacks a setting.
    #[error("environment variable {0} is not set")]
    Environment(&'static str),
}
