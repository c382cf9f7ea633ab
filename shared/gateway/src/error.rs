//! `Error`: why a use case failed.

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
