//! Doing what a request asks for once, however often it is sent.
//!
//! A create is protected by the id that its key gives ([`Call::create_idempotent`]), a change by what the changed thing remembers
//! ([`Call::change`]), and whatever is more than one write by a record of its own ([`Call::run_idempotent`]).

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};
use tollgate_domain::{
    Customer, Denied, Earlier, Fingerprint, Id, IdempotencyKey, IdempotencyRecord, Payment, PaymentMethod,
    Refund, Refusal, Replayable, Resource, Tenant, Timestamp, WebhookEndpoint,
};
use tollgate_store::{Entity, Put, Replaced, StoreError, Writer};

use crate::{
    addresses::write_customer,
    authentication::{Admitted, Authorized},
    call::Call,
    error::Error,
};

/// Tries of a conditional write before a request gives up; each conflict means that another request went through.
pub(crate) const TRIES_MAX: u32 = 16;
/// How long a request may run before another one with its key may take its place, in milliseconds: longer than any
/// function that runs one may take.
const LEASE_MS: i64 = 60_000;

/// The idempotency key of a request, and what the request asks for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the request.
    pub fingerprint: Fingerprint,
}

/// Something that a request made or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Idempotent<E> {
    /// The thing, as its first answer showed it.
    pub value: E,
    /// Whether an earlier request with the same idempotency key made it.
    pub replayed: bool,
}

impl<E> Idempotent<E> {
    pub(crate) fn new(value: E) -> Self {
        Self { value, replayed: false }
    }

    /// What an earlier request was answered, given again: to an authorized caller only, be it over its rate limit.
    pub(crate) fn replay(value: E, _to: &Authorized) -> Self {
        Self { value, replayed: true }
    }
}

/// A create, before it is written.
pub(crate) enum Prepared<'a, E> {
    /// This is to be made, by this caller.
    New(E, &'a Admitted),
    /// An earlier request made it.
    Earlier(Idempotent<E>),
}

/// What can be made and changed with an idempotency key: it keeps the fingerprint of the request that made it, and its
/// answers.
pub(crate) trait IdempotentResource: Entity + Replayable + Send + Sync {
    /// What it is called.
    const RESOURCE: Resource;
    /// The request that made it, if that had a key.
    fn fingerprint(&self) -> Option<&Fingerprint>;
    /// Whether it was deleted, so that nothing can be changed about it.
    fn is_gone(&self) -> bool {
        false
    }
    /// Whether the request that made it may still be running, so that its answer is not known yet.
    fn is_being_made(&self, _now: Timestamp) -> bool {
        false
    }
    /// An earlier answer, with what answers do not keep.
    #[must_use]
    fn revive(&self, answer: Self) -> Self {
        answer
    }
    /// Makes it, with whatever has to be written together with it.
    fn make(&self, writer: &Writer, tenant: Tenant) -> impl Future<Output = Result<Put<Self>, Error>> + Send {
        async move { Ok(writer.create(tenant, self).await?) }
    }
    /// Replaces the version `before` by this next one, with whatever has to be written together with it.
    fn replace(
        &self,
        writer: &Writer,
        tenant: Tenant,
        _before: &Self,
    ) -> impl Future<Output = Result<Replaced<Self>, Error>> + Send {
        async move { Ok(writer.replace(tenant, self).await?) }
    }
}

impl IdempotentResource for Payment {
    const RESOURCE: Resource = Resource::Payment;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
}

impl IdempotentResource for Refund {
    const RESOURCE: Resource = Resource::Refund;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    /// A refund over a wire is stored before it is sent. What became of it is its answer, and makes it another version; so does
    /// the end of a request that could not find out.
    fn is_being_made(&self, now: Timestamp) -> bool {
        let is_first = self.version == 1 && self.processor_refund.is_some();
        is_first && self.created.plus_ms(LEASE_MS) > now
    }
}

impl IdempotentResource for PaymentMethod {
    const RESOURCE: Resource = Resource::PaymentMethod;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
}

impl IdempotentResource for Customer {
    const RESOURCE: Resource = Resource::Customer;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
    async fn make(&self, writer: &Writer, tenant: Tenant) -> Result<Put<Self>, Error> {
        match write_customer(writer, tenant, None, self).await? {
            None => Ok(Put::Created),
            Some(Some(existing)) => Ok(Put::Exists(*existing)),
            Some(None) => Err(Error::Internal(format!("customer {} exists and is not shown", self.id))),
        }
    }
    async fn replace(&self, writer: &Writer, tenant: Tenant, before: &Self) -> Result<Replaced<Self>, Error> {
        Ok(match write_customer(writer, tenant, Some(before), self).await? {
            None => Replaced::Done,
            Some(now) => Replaced::Conflict(now.map(|now| *now)),
        })
    }
}

impl IdempotentResource for WebhookEndpoint {
    const RESOURCE: Resource = Resource::WebhookEndpoint;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
    /// Secrets are kept in one place only: an answer that is given again shows the one that signs now.
    fn revive(&self, answer: Self) -> Self {
        Self { secret: self.secret.clone(), ..answer }
    }
}

impl Call {
    /// The id of what this request makes: derived from its idempotency key, or random.
    pub(crate) fn id_for<K>(&self, tenant: Tenant, route: &str, idempotency: Option<&Idempotency>) -> Id<K> {
        match idempotency {
            Some(idempotency) => idempotency.key.derive_id(tenant, &self.of_front_door(route)),
            None => self.gateway.new_id(),
        }
    }

    fn of_front_door(&self, route: &str) -> String {
        format!("{}/{route}", self.front_door.as_str())
    }

    /// What a create is to make, and who may write it. When it is refused, or the rate limit refuses it, an earlier request with the
    /// same key may still have succeeded: its answer is then given again, whatever changed since.
    pub(crate) async fn prepare_create<E: IdempotentResource, F: Future<Output = Result<E, Error>>>(
        &self,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
        make: F,
    ) -> Result<Prepared<'_, E>, Error> {
        let prepared = match make.await {
            Ok(resource) => {
                self.admitted().await.map(|admitted| Prepared::New(resource, admitted)).map_err(Error::from)
            }
            Err(error) => Err(error),
        };
        match prepared {
            Err(error) => {
                let earlier = self.earlier_answer_or(error, tenant, id, idempotency).await;
                earlier.map(Prepared::Earlier)
            }
            prepared => prepared,
        }
    }

    /// Makes something once: the first request with a key makes it, every later one is told what the first was told.
    ///
    /// `make` checks what has to hold and builds the thing (see [`Call::prepare_create`]).
    pub(crate) async fn create_idempotent<E: IdempotentResource, F: Future<Output = Result<E, Error>>>(
        &self,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
        make: F,
    ) -> Result<Idempotent<E>, Error> {
        let (resource, admitted) = match self.prepare_create(tenant, id, idempotency, make).await? {
            Prepared::New(resource, admitted) => (resource, admitted),
            Prepared::Earlier(made) => return Ok(made),
        };
        match resource.make(admitted.writer(), tenant).await? {
            Put::Created => Ok(Idempotent::new(resource)),
            Put::Exists(existing) => replay(&existing, idempotency, self.now, self.authorized().await?),
        }
    }

    /// The answer that an earlier request with the same key was given, or else this error. A key that was used for
    /// another request is told so, whatever else is wrong with this one.
    pub(crate) async fn earlier_answer_or<E: IdempotentResource>(
        &self,
        error: Error,
        tenant: Tenant,
        id: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<E>, Error> {
        let limited = matches!(error, Error::Denied(Denied::RateLimited { .. }));
        if !limited && !matches!(error, Error::Refused(_)) {
            return Err(error);
        }
        let existing: Option<E> = match idempotency {
            Some(_) => self.store.get(tenant, id).await?,
            None => None,
        };
        let to = self.authorized().await?;
        match existing.map(|existing| replay(&existing, idempotency, self.now, to)) {
            Some(Err(_)) if limited => Err(error),
            Some(earlier) => earlier,
            None => Err(error),
        }
    }

    /// Changes something once: a read while the caller is admitted, then one conditional put, again for each other change
    /// that came first. A retry with the same idempotency key is told what the first was told, whatever happened since.
    ///
    /// `route` names the change, so that one key may make two different ones. `step` gives the next version.
    pub(crate) async fn change<E: IdempotentResource>(
        &self,
        id: &str,
        route: &str,
        idempotency: Option<&Idempotency>,
        step: impl Fn(&E) -> Result<E, Error>,
    ) -> Result<Idempotent<E>, Error> {
        let tenant = self.tenant().await?;
        let mut resource: Option<E> = self.store.get(tenant, id).await?;
        for _ in 0..TRIES_MAX {
            let current = resource.filter(|resource| !resource.is_gone());
            let current = current.ok_or(Refusal::NotFound(E::RESOURCE))?;
            if let Some(answer) = earlier_answer(&current, route, idempotency)? {
                return Ok(Idempotent::replay(answer, self.authorized().await?));
            }
            let mut next = step(&current)?;
            remember(&mut next, route, idempotency);
            let writer = self.admitted().await?.writer();
            match next.replace(writer, tenant, &current).await? {
                Replaced::Done => return Ok(Idempotent::new(next)),
                Replaced::Conflict(now) => resource = now,
            }
        }
        Err(contended(id))
    }

    /// Does something that is more than one write, once: the first request with a key does it, a later one is given the
    /// same answer, and one that comes meanwhile is refused. A request that died half-way is done again by the next one
    /// after [`LEASE_MS`], so every step of `work` has to bear being repeated.
    pub(crate) async fn run_idempotent<T: Serialize + DeserializeOwned>(
        &self,
        route: &str,
        idempotency: Option<&Idempotency>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<Idempotent<T>, Error> {
        let tenant = self.tenant().await?;
        let Some(idempotency) = idempotency else {
            self.admitted().await?;
            return work.await.map(Idempotent::new);
        };
        let record = IdempotencyRecord {
            id: self.id_for(tenant, route, Some(idempotency)),
            version: 1,
            request: self.request.clone(),
            fingerprint: idempotency.fingerprint.clone(),
            answer: None,
            until: self.now.plus_ms(LEASE_MS),
            created: self.now,
        };
        let id = record.id.to_string();
        let writer = match self.admitted().await {
            Ok(admitted) => admitted.writer(),
            Err(denied) => {
                // An answer that was given already costs nothing to give again.
                let earlier: Option<IdempotencyRecord> = self.store.get(tenant, &id).await?;
                let answer =
                    earlier.and_then(|earlier| Some(earlier.answer_to(&idempotency.fingerprint)?.to_owned()));
                return match answer.filter(|_| matches!(denied, Denied::RateLimited { .. })) {
                    Some(answer) => Ok(Idempotent::replay(read(&answer)?, self.authorized().await?)),
                    None => Err(denied.into()),
                };
            }
        };
        let record = match writer.create(tenant, &record).await? {
            Put::Created => record,
            Put::Exists(earlier) if earlier.fingerprint != idempotency.fingerprint => {
                return Err(Refusal::IdempotencyKeyReused.into());
            }
            Put::Exists(earlier) => {
                if let Some(answer) = earlier.answer {
                    return Ok(Idempotent::replay(read(&answer)?, self.authorized().await?));
                }
                let next = earlier
                    .taken_over(self.now, LEASE_MS, &self.request)
                    .ok_or(Refusal::IdempotencyKeyInUse)?;
                match writer.replace(tenant, &next).await? {
                    Replaced::Done => next,
                    Replaced::Conflict(_) => return Err(Refusal::IdempotencyKeyInUse.into()),
                }
            }
        };
        let done = work.await;
        let ended = match &done {
            Ok(answer) => {
                record.answered(serde_json::to_string(answer).map_err(|e| Error::Internal(e.to_string()))?)
            }
            Err(_) => record.given_up(self.now),
        };
        // A conflict means that the lease ran out and another request took over: it records its own end.
        let (Replaced::Done | Replaced::Conflict(_)) = writer.replace(tenant, &ended).await?;
        done.map(Idempotent::new)
    }
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, Error> {
    serde_json::from_str(answer).map_err(|e| Error::Internal(format!("a kept answer does not read: {e}")))
}

/// What a request with a key that was used before is told.
pub(crate) fn replay<E: IdempotentResource>(
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
            let first = existing.clone().into_created();
            Ok(Idempotent::replay(existing.revive(first), to))
        }
        // What it was made with was erased with its data: there is nothing left to replay.
        Some(_) if existing.fingerprint().is_none() => Err(Refusal::NotFound(E::RESOURCE).into()),
        Some(_) => Err(Refusal::IdempotencyKeyReused.into()),
        None => Err(Error::Internal("a fresh random id was taken".into())),
    }
}

fn key_of(route: &str, idempotency: &Idempotency) -> Fingerprint {
    Fingerprint::of(route, &[idempotency.key.as_str().as_bytes()])
}

/// What an earlier change of the thing with this key was answered.
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

/// Keeps what a change with a key is answered with.
pub(crate) fn remember<E: IdempotentResource>(next: &mut E, route: &str, idempotency: Option<&Idempotency>) {
    if let Some(i) = idempotency {
        next.keep_snapshot(key_of(route, i), i.fingerprint.clone());
    }
}

/// Others kept coming first.
pub(crate) fn contended(key: impl std::fmt::Display) -> Error {
    let error = StoreError::Contended { key: key.to_string(), attempts: TRIES_MAX };
    error.into()
}
