//! `Error`: why a use case failed.

use tollgate_apis::Problem;
use tollgate_domain::{Denied, Refusal};
use tollgate_store::StoreError;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is not authenticated, not permitted or over its rate limit.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The request is against the rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The tables, a queue or a secret failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An internal failure that no request should be able to cause.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => Self::Denied(denied),
            Error::Refused(refusal) => Self::Refused(refusal),
            Error::Store(error) => Self::Internal(error.to_string()),
            Error::Internal(text) => Self::Internal(text),
        }
    }
}
