//! [`Admin`] and [`AdminError`].

use tollgate_domain::access::BadLimit;
use tollgate_domain::access::LIVE_KEYS_MAX;
use tollgate_domain::ledger::BadTerms;
use tollgate_store::StoreError;

use crate::worker::Worker;

/// Longest name of a merchant, in characters.
pub(super) const NAME_CHARS_MAX: usize = 100;

/// The operator's operations. They have no caller, no tenant and no rate limit.
#[derive(Clone, Debug)]
pub struct Admin(pub(crate) Worker);

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such merchant.
    #[error("no such merchant")]
    NoSuchMerchant,
    /// The merchant has no such key.
    #[error("the merchant has no such key")]
    NoSuchKey,
    /// The tenant has [`LIVE_KEYS_MAX`] accepted keys.
    #[error("the merchant has {LIVE_KEYS_MAX} keys of this mode that are accepted; revoke one first")]
    TooManyKeys,
    /// Limits by contract are for enterprises.
    #[error("limits by contract are for the tier enterprise; set the tier first")]
    NotEnterprise,
    /// The limit is out of bounds.
    #[error(transparent)]
    BadLimit(#[from] BadLimit),
    /// The figures can be no merchant's terms.
    #[error(transparent)]
    BadTerms(#[from] BadTerms),
    /// The name is empty or too long.
    #[error("a merchant's name has 1 to {NAME_CHARS_MAX} characters")]
    BadName,
    /// The processor's account is invalid, for this reason.
    #[error("{0}")]
    BadAccount(String),
    /// The vault's key was not changed, for this reason.
    #[error("{0}")]
    Vault(String),
    /// The operation failed, for this reason.
    #[error("{0}")]
    Failed(String),
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Admin {
    /// The operator's operations on these tables.
    pub fn new(worker: Worker) -> Self {
        Self(worker)
    }
}
