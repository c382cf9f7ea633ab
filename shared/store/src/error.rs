//! What can go wrong below the rules: always our fault or AWS's, never the caller's.

use aws_sdk_dynamodb::{
    error::{DisplayErrorContext, SdkError},
    operation::RequestId,
};

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
    /// A value cannot be stored.
    #[error("value cannot be stored: {0}")]
    BadValue(String),
    /// Others changed the same item each time we tried.
    #[error("gave up after {attempts} conflicting attempts on {key}")]
    Contended {
        /// The item's partition key.
        key: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The function's environment lacks a setting.
    #[error("environment variable {0} is not set")]
    Environment(&'static str),
}

impl StoreError {
    pub(crate) fn aws<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: std::error::Error + RequestId + 'static,
        R: std::fmt::Debug,
        SdkError<E, R>: std::error::Error,
    {
        Self::Aws {
            operation,
            detail: DisplayErrorContext(error).to_string(),
        }
    }
}
