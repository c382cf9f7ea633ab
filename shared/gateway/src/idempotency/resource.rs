//! `IdempotentResource`: what can be created and changed with an idempotency key, and the replay of its
//! answers.

use std::future::Future;

use tollgate_domain::{Earlier, Fingerprint, Refusal, Replayable, Resource, Tenant, Timestamp};
use tollgate_store::{Entity, Put, Replaced, Writer};

use super::idempotent::{Idempotency, Idempotent};
use crate::{auth::authorized::Authorized, error::Error};

/// A resource that can be created and changed with an idempotency key. It stores the fingerprint of the
/// request that created it, and snapshots of its answers.
pub(crate) trait IdempotentResource: Entity + Replayable + Send + Sync {
    /// The resource's name in refusals.
    const RESOURCE: Resource;
    /// The fingerprint of the request that created it, if that had a key.
    fn fingerprint(&self) -> Option<&Fingerprint>;
    /// Whether it was deleted, so that it can no longer be changed.
    fn is_gone(&self) -> bool {
        false
    }
    /// Whether the request that created it may still be running, so that its answer is not known yet.
    fn is_being_made(&self, _now: Timestamp) -> bool {
        false
    }
    /// An earlier answer, completed with what snapshots leave out.
    #[must_use]
    fn revive(&self, answer: Self) -> Self {
        answer
    }
    /// Creates it, together with whatever belongs in the same transaction.
    fn make(&self, writer: &Writer, tenant: Tenant) -> impl Future<Output = Result<Put<Self>, Error>> + Send {
        async move { Ok(writer.create(tenant, self).await?) }
    }
    /// Replaces the version `before` by this next one, together with whatever belongs in the same
    /// transaction.
    fn replace(
        &self,
        writer: &Writer,
        tenant: Tenant,
        _before: &Self,
    ) -> impl Future<Output = Result<Replaced<Self>, Error>> + Send {
        async move { Ok(writer.replace(tenant, self).await?) }
    }
}

/// Answers a create whose id exists: a replay for the request that created it, otherwise a refusal.
pub(crate) fn replay_create<E: IdempotentResource>(
    existing: &E,
    idempotency: Option<&Idempotency>,
    now: Timestamp,
    to: &Authorized,
) -> Result<Idempotent<E>, Error> {
    match idempotency {
        Some(i) if existing.fingerprint() == Some(&i.fingerprint) && existing.is_being_made(now) => {
            Err(Refusal::IdempotencyKeyInUse.into())
        }
        Some(i) if existing.fingerprint() == Some(&i.fingerprint) => {
            let created = existing.clone().into_created();
            Ok(Idempotent::replay(existing.revive(created), to))
        }
        // The fingerprint was erased with the personal data, so the answer no longer exists.
        Some(_) if existing.fingerprint().is_none() => Err(Refusal::NotFound(E::RESOURCE).into()),
        Some(_) => Err(Refusal::IdempotencyKeyReused.into()),
        None => Err(Error::Internal("a fresh random id was taken".into())),
    }
}

/// The answer of an earlier change of this resource with the same key.
pub(crate) fn earlier_answer<E: IdempotentResource>(
    current: &E,
    route: &str,
    idempotency: Option<&Idempotency>,
) -> Result<Option<E>, Refusal> {
    let earlier =
        idempotency.and_then(|i| Replayable::earlier_change(current, &key_of(route, i), &i.fingerprint));
    match earlier {
        None => Ok(None),
        Some(Earlier::Same(answer)) => Ok(Some(current.revive(*answer))),
        Some(Earlier::Other) => Err(Refusal::IdempotencyKeyReused),
    }
}

/// Stores the answer of a change with a key on its next version.
pub(crate) fn remember<E: IdempotentResource>(next: &mut E, route: &str, idempotency: Option<&Idempotency>) {
    if let Some(i) = idempotency {
        next.keep_snapshot(key_of(route, i), i.fingerprint.clone());
    }
}

/// The digest under which a resource stores the answer of a change: one key may be used for two routes.
fn key_of(route: &str, idempotency: &Idempotency) -> Fingerprint {
    Fingerprint::of(route, &[idempotency.key.as_str().as_bytes()])
}
