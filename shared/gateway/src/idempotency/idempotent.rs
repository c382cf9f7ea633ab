//! `Idempotency`: a request's idempotency key; `Idempotent`: an answer that may be a replay.

use tollgate_domain::{Fingerprint, IdempotencyKey};

use crate::auth::authorized::Authorized;

/// The idempotency key of a request, and the digest of what it asks for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the request: the same key with another digest is another request.
    pub fingerprint: Fingerprint,
}

/// The result of a request that takes effect once.
#[derive(Clone, Debug, PartialEq)]
pub struct Idempotent<E> {
    /// The result, as the first answer showed it.
    pub value: E,
    /// Whether an earlier request with the same key produced it.
    pub replayed: bool,
}

impl<E> Idempotent<E> {
    /// The result of this request.
    pub(crate) fn new(value: E) -> Self {
        Self { value, replayed: false }
    }

    /// The answer of an earlier request. Only an authorized caller gets it, even over its rate limit.
    pub(crate) fn replay(value: E, _to: &Authorized) -> Self {
        Self { value, replayed: true }
    }
}
