//! One request of one caller.

use std::future::Future;

use tollgate_domain::{
    Fingerprint, FrontDoor, Id, IdempotencyKey, Permission, Scope, Timestamp, rate::Standing,
};
use tollgate_store::{Cost, Cursor, Entity, Put, Store};

use crate::{
    Gateway,
    error::{Error, Refusal},
    gate::{Admitted, Credentials, Denied, Gate, Needs},
};

/// One request: who calls, through which front door, when. Every use case of a merchant is a method of it.
#[derive(Debug)]
pub struct Call {
    pub(crate) gateway: Gateway,
    pub(crate) store: Store,
    pub(crate) front_door: FrontDoor,
    pub(crate) now: Timestamp,
    pub(crate) request_id: String,
    gate: Gate,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

/// The idempotency key of a request, and what the request asks for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the request.
    pub fingerprint: Fingerprint,
}

/// Something that a request made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made<E> {
    /// The thing, as its first answer showed it.
    pub thing: E,
    /// Whether an earlier request with the same idempotency key made it.
    pub replayed: bool,
}

impl<E> Made<E> {
    pub(crate) fn new(thing: E) -> Self {
        Self {
            thing,
            replayed: false,
        }
    }

    pub(crate) fn again(thing: E) -> Self {
        Self {
            thing,
            replayed: true,
        }
    }
}

/// What can be made with an idempotency key: it keeps the fingerprint of the request that made it.
pub(crate) trait Idempotent: Entity {
    fn fingerprint(&self) -> Option<&Fingerprint>;
    fn into_first_answer(self) -> Self;
}

impl Gateway {
    /// Begins a request: starts to authenticate and meter its caller at once. `permission` is what the route needs;
    /// `publishable` says whether a publishable key will do.
    pub fn begin(
        &self,
        front_door: FrontDoor,
        request_id: String,
        credentials: Option<Credentials>,
        permission: Option<Permission>,
        publishable: bool,
    ) -> Call {
        let now = self.now();
        let gateway = self.metered();
        let store = gateway.store.clone();
        let gate = Gate::open(
            &gateway,
            &store,
            credentials,
            Needs {
                front_door,
                permission,
                publishable,
            },
            now,
        );
        Call {
            gateway,
            store,
            front_door,
            now,
            request_id,
            gate,
        }
    }
}

impl Call {
    /// The request's id, `req_…`.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// When it came.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The gateway it goes through.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What it cost so far.
    pub fn cost(&self) -> Cost {
        self.store.meter().cost()
    }

    /// The tenant, for reading only (see [`crate::gate`]).
    pub async fn tenant(&self) -> Result<Scope, Denied> {
        self.gate.tenant().await
    }

    /// The caller, once it is let in; writing needs it.
    pub async fn admitted(&self) -> Result<&Admitted, Denied> {
        self.gate.admitted().await
    }

    /// Gives the request's token back, because its answer is a replay.
    pub async fn give_token_back(&self) -> Option<Standing> {
        match self.admitted().await {
            Ok(admitted) => Some(admitted.give_token_back(&self.store).await),
            Err(denied) => denied.standing(),
        }
    }

    /// The id of what this request makes: derived from its idempotency key, or random.
    pub(crate) fn id_for<K>(&self, scope: Scope, route: &str, idempotency: Option<&Idempotency>) -> Id<K> {
        match idempotency {
            Some(idempotency) => idempotency
                .key
                .derive_id(scope, &format!("{}/{route}", self.front_door.as_str())),
            None => self.gateway.new_id(),
        }
    }

    /// Makes something once: the first request with a key makes it, every later one is told what the first was told.
    ///
    /// `make` checks what has to hold and builds the thing. When it refuses, or the rate limit does, an earlier request
    /// with the same key may still have succeeded: its answer is then given again, whatever changed since.
    pub(crate) async fn make_once<E: Idempotent, F: Future<Output = Result<E, Error>>>(
        &self,
        scope: Scope,
        id: &str,
        idempotency: Option<&Idempotency>,
        make: F,
    ) -> Result<Made<E>, Error> {
        let prepared = match make.await {
            Ok(thing) => self.admitted().await.map(|_| thing).map_err(Error::from),
            Err(error) => Err(error),
        };
        let thing = match prepared {
            Ok(thing) => thing,
            Err(error) => return self.earlier_answer_or(error, scope, id, idempotency).await,
        };
        match self.store.create(scope, &thing).await? {
            Put::Created => Ok(Made::new(thing)),
            Put::Exists(existing) => replay(existing, idempotency),
        }
    }

    /// The answer that an earlier request with the same key was given, or else this error. A key that was used for
    /// another request is told so, whatever else is wrong with this one.
    pub(crate) async fn earlier_answer_or<E: Idempotent>(
        &self,
        error: Error,
        scope: Scope,
        id: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<E>, Error> {
        let limited = matches!(error, Error::Denied(Denied::RateLimited { .. }));
        if !limited && !matches!(error, Error::Refused(_)) {
            return Err(error);
        }
        let existing: Option<E> = match idempotency {
            Some(_) => self.store.get(scope, id, true).await?,
            None => None,
        };
        match existing.map(|existing| replay(existing, idempotency)) {
            Some(Err(_)) if limited => Err(error),
            Some(earlier) => earlier,
            None => Err(error),
        }
    }

    /// The place of a list after the thing called `id`.
    pub(crate) async fn cursor<E: Entity>(
        &self,
        scope: Scope,
        id: Option<String>,
    ) -> Result<Option<Cursor>, Error> {
        let Some(id) = id else { return Ok(None) };
        match self.store.get::<E>(scope, &id, false).await? {
            Some(thing) => Ok(Some(Cursor {
                created: thing.created(),
                id,
            })),
            None => Err(Refusal::NoSuchCursor.into()),
        }
    }
}

/// What a request with a key that was used before is told.
pub(crate) fn replay<E: Idempotent>(
    existing: E,
    idempotency: Option<&Idempotency>,
) -> Result<Made<E>, Error> {
    match idempotency {
        Some(i) if existing.fingerprint() == Some(&i.fingerprint) => {
            Ok(Made::again(existing.into_first_answer()))
        }
        Some(_) => Err(Refusal::IdempotencyKeyReused.into()),
        None => Err(Error::Internal("a fresh random id was taken".into())),
    }
}
