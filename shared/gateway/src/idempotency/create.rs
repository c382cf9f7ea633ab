//! Creates: the id is derived from the idempotency key, so the conditional put is also the check of the key.

use std::future::Future;

use tollgate_domain::{Denied, Id, Refusal, Tenant};
use tollgate_store::Put;

use super::{
    idempotent::{Idempotency, Idempotent},
    resource::{IdempotentResource, replay_create},
};
use crate::{auth::authorized::Admitted, call::Call, error::Error};

/// What a create found before it wrote anything.
pub(crate) enum Draft<E> {
    /// The checks passed: this is to be created.
    New(E),
    /// The id is taken. The stored resource tells whether this request created it or another one did.
    IdTaken,
}

/// A create whose checks passed and whose caller is admitted, or the answer of an earlier request.
pub(crate) enum Prepared<'a, E> {
    /// This is to be created, by this caller.
    New(E, &'a Admitted),
    /// An earlier request created it.
    Earlier(Idempotent<E>),
}

impl Call {
    /// The id of what this request creates: derived from its idempotency key, or random.
    pub(crate) fn id_for<K>(&self, tenant: Tenant, route: &str, idempotency: Option<&Idempotency>) -> Id<K> {
        match idempotency {
            Some(idempotency) => {
                let route = format!("{}/{route}", self.front_door.as_str());
                idempotency.key.derive_id(tenant, &route)
            }
            None => self.gateway.new_id(),
        }
    }

    /// Prepares a create with `draft` and admits the caller. If either refuses, an earlier request with the
    /// same key may have succeeded: its answer is then returned, whatever changed since.
    pub(crate) async fn prepare_create<E: IdempotentResource, F: Future<Output = Result<Draft<E>, Error>>>(
        &self,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
        draft: F,
    ) -> Result<Prepared<'_, E>, Error> {
        let error = match draft.await {
            Ok(Draft::New(resource)) => match self.admitted().await {
                Ok(admitted) => return Ok(Prepared::New(resource, admitted)),
                Err(denied) => denied.into(),
            },
            // The answer if the stored resource is gone by now.
            Ok(Draft::IdTaken) => Refusal::IdempotencyKeyReused.into(),
            Err(error) => error,
        };
        let earlier = self.earlier_answer_or(error, tenant, id, idempotency).await;
        earlier.map(Prepared::Earlier)
    }

    /// Creates a resource once: the first request with a key creates it, every later one gets the first one's
    /// answer.
    ///
    /// `draft` checks the preconditions and builds the resource (see [`Call::prepare_create`]).
    pub(crate) async fn create_idempotent<
        E: IdempotentResource,
        F: Future<Output = Result<Draft<E>, Error>>,
    >(
        &self,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
        draft: F,
    ) -> Result<Idempotent<E>, Error> {
        let (resource, admitted) = match self.prepare_create(tenant, id, idempotency, draft).await? {
            Prepared::New(resource, admitted) => (resource, admitted),
            Prepared::Earlier(replay) => return Ok(replay),
        };
        match resource.make(admitted.writer(), tenant).await? {
            Put::Created => Ok(Idempotent::new(resource)),
            Put::Exists(existing) => {
                replay_create(&existing, idempotency, self.now, self.authorized().await?)
            }
        }
    }

    /// The answer of an earlier request with the same key, otherwise `error`. A key that another request used
    /// is refused as such, whatever `error` is, unless the caller is over its rate limit.
    pub(crate) async fn earlier_answer_or<E: IdempotentResource>(
        &self,
        error: Error,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<E>, Error> {
        let is_rate_limited = matches!(error, Error::Denied(Denied::RateLimited { .. }));
        if !is_rate_limited && !matches!(error, Error::Refused(_)) {
            return Err(error);
        }
        let existing: Option<E> = match idempotency {
            Some(_) => self.store.get(tenant, id).await?,
            None => None,
        };
        let to = self.authorized().await?;
        match existing.map(|existing| replay_create(&existing, idempotency, self.now, to)) {
            Some(Err(_)) if is_rate_limited => Err(error),
            Some(earlier) => earlier,
            None => Err(error),
        }
    }
}
