//! Why a use case failed.

use tollgate_domain::{Denied, Refusal};
use tollgate_store::StoreError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// We failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// We failed in a way that no input should bring about.
    #[error("internal: {0}")]
    Internal(String),
}
