//! Callers that passed authentication: [`Authorized`], and [`Admitted`] within the rate limit.

use tollgate_domain::{Denied, KeyKind, Permission, Tenant, rate_limit::RateLimitStatus};
use tollgate_store::{ApiKey, KeyHash, Token, Writer};

use crate::{gateway::Gateway, worker::Worker};

/// A caller whose key is valid, of the right kind and has the route's permission. Its rate limit is checked
/// separately, because a replay is answered over the limit too. Replays and stored answers require an
/// `Authorized`.
#[derive(Clone, Debug)]
pub struct Authorized {
    pub(super) key: ApiKey,
    pub(super) rate_limit: RateLimitStatus,
    /// The token that the request took from the rate limit.
    pub(super) token: Token,
    pub(super) hash: KeyHash,
    pub(super) by_access_token: bool,
}

impl Authorized {
    /// The caller's tenant.
    pub fn tenant(&self) -> Tenant {
        self.key.tenant()
    }

    /// The status of the caller's rate limit.
    pub fn rate_limit(&self) -> RateLimitStatus {
        self.rate_limit
    }

    /// Refuses a caller without a permission. A publishable key has none, whatever its scopes.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        let rate_limit = self.rate_limit;
        if self.is_publishable() {
            Err(Denied::PublishableKey { rate_limit })
        } else if [Some(permission), permission.is_in()].iter().flatten().any(|p| self.key.scopes.contains(p))
        {
            Ok(())
        } else {
            Err(Denied::MissingScope { needed: permission, rate_limit })
        }
    }

    /// Whether the caller has a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    /// The caller's key, or the key that its access token was issued to.
    pub(crate) fn key(&self) -> &ApiKey {
        &self.key
    }

    /// The digest of [`Authorized::key`].
    pub(crate) fn key_hash(&self) -> &KeyHash {
        &self.hash
    }

    /// Whether the caller sent an access token instead of the key itself.
    pub(crate) fn by_access_token(&self) -> bool {
        self.by_access_token
    }

    /// Whether the caller sent a publishable key, as a payer's page does.
    pub fn is_publishable(&self) -> bool {
        self.key.kind == KeyKind::Publishable
    }
}

/// An authorized caller within its rate limit. It writes with its [`Worker`].
#[derive(Clone, Debug)]
pub struct Admitted {
    authorized: Authorized,
    worker: Worker,
}

impl std::ops::Deref for Admitted {
    type Target = Authorized;

    fn deref(&self) -> &Authorized {
        &self.authorized
    }
}

impl Admitted {
    /// Admits a caller. Only authentication calls it, within the rate limit.
    pub(super) fn new(gateway: Gateway, authorized: Authorized) -> Self {
        let writer = gateway.write_access.writer().clone();
        Self { authorized, worker: Worker::with_writer(gateway, writer) }
    }

    /// The worker that writes for the caller.
    pub(crate) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// The tables, for writing.
    pub(crate) fn writer(&self) -> &Writer {
        self.worker.writer()
    }

    /// Gives the request's token back; returns the rate limit's status afterwards.
    pub(crate) async fn give_token_back(&self) -> RateLimitStatus {
        match self.writer().key_meter().give_token_back(&self.token).await {
            Ok(()) => self.rate_limit.refunded(),
            Err(error) => {
                // The replay succeeded: it does not fail because of a lost token.
                tracing::warn!(%error, "token of a replay was not given back");
                self.rate_limit
            }
        }
    }
}
