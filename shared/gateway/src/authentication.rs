//! Who is calling, and may they: authentication and metering in one round trip, off the path where it can be.
//!
//! A [`Authentication`] starts its one `UpdateItem` at once, in a task of its own. What only reads may use
//! [`Authentication::tenant`], which answers immediately when this warm function has met the key before; what writes needs an
//! [`Admitted`], which exists only once the key was accepted and counted. The answer of a request whose key turns out
//! bad is thrown away by the front door's frame, so a speculative read tells nobody anything.
//!
//! A caller is judged in this order, on every path, replays included: the key is valid, it is of the right kind, it has the scope,
//! the rate is not exceeded. The first three make an [`Authorized`], and only an `Authorized` is given a replay.

use std::sync::PoisonError;

use tokio::{sync::Mutex, sync::OnceCell, task::JoinHandle};
use tollgate_domain::{
    Denied, FrontDoor, KeyKind, Permission, Tenant, Timestamp,
    rate_limit::{Burst, RateLimitStatus},
};
use tollgate_store::{ApiKey, Counted, KeyHash, KeyMeter, Met, Metered, StoreError, Token, Writer};

use crate::{Gateway, Worker, error::Error, links::Verified, signer::AccessToken};

/// Keys that a warm function remembers.
const KNOWN_KEYS_MAX: usize = 1000;
/// Seconds that an access token is good for.
pub const ACCESS_TOKEN_S: i64 = 3600;
/// Longest text that can be a key.
const KEY_BYTES_MAX: usize = 256;

/// A caller whose key is valid, of the right kind and has the scope that the route needs. Its rate is judged apart, because a
/// replay is answered over the rate limit, too; what is replayed or found needs an `Authorized`.
#[derive(Clone, Debug)]
pub struct Authorized {
    key: ApiKey,
    rate_limit: RateLimitStatus,
    token: Token,
    hash: KeyHash,
    by_access_token: bool,
}

/// An authorized caller within its rate limit. What a caller has written is written by its [`Worker`].
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

/// Keeps the tables of a gateway, to write to, for those who may: admitted callers, and payers who follow a signed link. Nothing
/// outside of this module can take them out.
#[derive(Clone, Debug)]
pub(crate) struct WriteAccess(Writer);

impl WriteAccess {
    pub(crate) fn new(writer: Writer) -> Self {
        Self(writer)
    }

    pub(crate) fn metered(&self, gateway: &Gateway) -> Gateway {
        gateway.over(&self.0.metered())
    }

    fn key_meter(&self) -> KeyMeter {
        self.0.key_meter()
    }

    fn admit(gateway: Gateway, authorized: Authorized) -> Admitted {
        let writer = gateway.write_access.0.clone();
        Admitted { authorized, worker: Worker::of_write_access(gateway, writer) }
    }
}

impl Gateway {
    /// What may write for the payer who follows a link of ours.
    pub(crate) fn worker_of_payer(&self, _link: &Verified) -> Worker {
        Worker::of_write_access(self.clone(), self.write_access.0.clone())
    }
}

/// What a caller sent to say who it is.
#[derive(Clone)]
pub struct Credentials {
    /// A secret key, or an access token that was made with one.
    pub secret: String,
    /// The merchant that the secret has to be of, where a front door asks for both.
    pub merchant: Option<String>,
}

impl From<String> for Credentials {
    fn from(secret: String) -> Self {
        Self { secret, merchant: None }
    }
}

impl Authorized {
    /// The tenant the caller speaks for.
    pub fn tenant(&self) -> Tenant {
        self.key.tenant()
    }

    /// Where the caller stands in its rate window.
    pub fn rate_limit(&self) -> RateLimitStatus {
        self.rate_limit
    }

    /// Refuses a caller that lacks a permission: a publishable key has none, however it was made.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        let rate_limit = self.rate_limit;
        if self.is_publishable() {
            Err(Denied::PublishableKey { rate_limit })
        } else if self.key.scopes.contains(&permission) {
            Ok(())
        } else {
            let needed = permission;
            Err(Denied::MissingScope { needed, rate_limit })
        }
    }

    /// Whether the caller has a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    /// The key that the caller came with, or that its access token was made with.
    pub(crate) fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Whether the caller came with an access token instead of the key itself.
    pub(crate) fn by_access_token(&self) -> bool {
        self.by_access_token
    }

    /// Whether the caller came with a publishable key, as a payer's page does.
    pub fn is_publishable(&self) -> bool {
        self.key.kind == KeyKind::Publishable
    }
}

/// What the caller's key has to be good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) front_door: FrontDoor,
    pub(crate) permission: Option<Permission>,
    /// Whether a publishable key will do, whatever the permission.
    pub(crate) publishable: bool,
}

#[derive(Debug)]
pub(crate) struct Authentication {
    known: Option<ApiKey>,
    running: Mutex<Option<JoinHandle<Result<Judged, Denied>>>>,
    done: OnceCell<Result<Judged, Denied>>,
}

/// An authorized caller, and where its rate stands.
#[derive(Debug)]
enum Judged {
    Within(Admitted),
    Exceeded(Authorized, Timestamp),
}

impl Authentication {
    /// Starts to authenticate and meter.
    pub(crate) fn start(
        gateway: &Gateway,
        credentials: Option<Credentials>,
        needs: Needs,
        now: Timestamp,
    ) -> Self {
        let closed = |denied| Self {
            known: None,
            running: Mutex::new(None),
            done: OnceCell::new_with(Some(Err(denied))),
        };
        let Some(credentials) = credentials.filter(|c| !c.secret.is_empty()) else {
            return closed(Denied::NoKey);
        };
        let Some(hash) = gateway.key_named_by(&credentials.secret, now) else {
            return closed(Denied::INVALID_KEY);
        };
        let known = gateway.known_keys.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let known = known.filter(|key| key.is_of(credentials.merchant.as_deref()));
        let caller = Caller {
            by_access_token: AccessToken::is_one(&credentials.secret),
            hash,
            merchant: credentials.merchant,
            known: known.clone(),
        };
        let task = tokio::spawn(admit(gateway.clone(), caller, needs, now));
        Self { known, running: Mutex::new(Some(task)), done: OnceCell::new() }
    }

    /// The tenant, to read for: at once when the key is known here, else once it is accepted.
    pub(crate) async fn tenant(&self) -> Result<Tenant, Denied> {
        match &self.known {
            Some(key) => Ok(key.tenant()),
            None => self.authorized().await.map(Authorized::tenant),
        }
    }

    /// The caller, whatever its rate.
    pub(crate) async fn authorized(&self) -> Result<&Authorized, Denied> {
        Ok(match self.judged().await? {
            Judged::Within(admitted) => admitted,
            Judged::Exceeded(authorized, _) => authorized,
        })
    }

    /// The caller, let in.
    pub(crate) async fn admitted(&self) -> Result<&Admitted, Denied> {
        match self.judged().await? {
            Judged::Within(admitted) => Ok(admitted),
            Judged::Exceeded(authorized, now) => {
                Err(Denied::RateLimited { rate_limit: authorized.rate_limit, now: *now })
            }
        }
    }

    async fn judged(&self) -> Result<&Judged, Denied> {
        let outcome = self
            .done
            .get_or_init(|| async {
                match self.running.lock().await.take() {
                    Some(task) => task.await.unwrap_or_else(|e| Err(unavailable(e.to_string()))),
                    None => Err(unavailable("admission was not started".into())),
                }
            })
            .await;
        outcome.as_ref().map_err(Clone::clone)
    }
}

fn unavailable(detail: String) -> Denied {
    Denied::Unavailable(StoreError::BadValue(detail).to_string())
}

/// Who a request says it is from.
struct Caller {
    hash: KeyHash,
    by_access_token: bool,
    merchant: Option<String>,
    known: Option<ApiKey>,
}

impl Gateway {
    /// The key that a secret is, or that an access token was made with.
    fn key_named_by(&self, secret: &str, now: Timestamp) -> Option<KeyHash> {
        if secret.len() > KEY_BYTES_MAX {
            None
        } else if AccessToken::is_one(secret) {
            let token = AccessToken::read(self.links.as_ref()?.signer(), secret)?;
            (token.expires > now).then_some(token.key)
        } else {
            Some(KeyHash::of(secret))
        }
    }

    fn remember_key(&self, hash: &KeyHash, key: Option<&ApiKey>) {
        let mut known = self.known_keys.lock().unwrap_or_else(PoisonError::into_inner);
        match key {
            None => {
                known.remove(hash);
            }
            Some(key) => {
                if known.len() >= KNOWN_KEYS_MAX {
                    known.clear();
                }
                known.insert(hash.clone(), key.clone());
            }
        }
    }
}

/// Finds the key and counts the request: in one write where each key has a window of its own; in a read and a write where
/// a merchant's keys share one, side by side as soon as it is known whose the key is.
async fn find_and_count(
    gateway: &Gateway,
    caller: &Caller,
    front_door: FrontDoor,
    now: Timestamp,
) -> Result<Met, StoreError> {
    let (store, meter) = (&gateway.store, gateway.write_access.key_meter());
    if !front_door.limits_merchants() {
        return meter.meter_key(&caller.hash, front_door, now).await;
    }
    if let Some(known) = &caller.known {
        let (key, counted) = tokio::join!(
            store.find_key(&caller.hash, now),
            meter.meter_merchant(known.tenant(), front_door, now)
        );
        let counted = counted?;
        if let Some(key) = key? {
            return Ok(Met::Accepted(Metered { key, counted }));
        }
        // The key was revoked: its merchant does not pay for the attempt.
        meter.give_token_back(&counted.token).await?;
        return Ok(Met::Unknown);
    }
    let key = store.find_key(&caller.hash, now).await?;
    let Some(key) = key.filter(|key| key.is_of(caller.merchant.as_deref())) else {
        return Ok(Met::Unknown);
    };
    let counted = meter.meter_merchant(key.tenant(), front_door, now).await?;
    Ok(Met::Accepted(Metered { key, counted }))
}

/// Where a key stands in its rate window.
fn rate_limit(key: &ApiKey, counted: &Counted, front_door: FrontDoor, now: Timestamp) -> RateLimitStatus {
    let limit = key.contract.rate_limit(front_door);
    let rate_limit = RateLimitStatus::judge(limit.requests_per_minute, counted.counts.iter().copied(), now);
    let is_too_fast = |burst: Burst| burst.is_exceeded(counted.by_second.iter().copied(), now);
    if !rate_limit.exceeded && limit.burst.is_some_and(is_too_fast) {
        rate_limit.too_fast(now)
    } else {
        rate_limit
    }
}

/// Judges a caller: first its key, then the key's kind and scope, and its rate last, so that nobody learns or gets anything by being
/// over a limit.
async fn admit(gateway: Gateway, caller: Caller, needs: Needs, now: Timestamp) -> Result<Judged, Denied> {
    let found = find_and_count(&gateway, &caller, needs.front_door, now)
        .await
        .map_err(|e| Denied::Unavailable(e.to_string()))?;
    let (key, counted) = match found {
        Met::Accepted(Metered { key, counted }) => (key, counted),
        refused => {
            gateway.remember_key(&caller.hash, None);
            let rate_limit = match refused {
                Met::Ended(ended) => Some(rate_limit(&ended.key, &ended.counted, needs.front_door, now)),
                _ => None,
            };
            return Err(Denied::InvalidKey { rate_limit });
        }
    };
    gateway.remember_key(&caller.hash, Some(&key));
    if !key.is_of(caller.merchant.as_deref()) {
        return Err(Denied::INVALID_KEY);
    }
    let rate_limit = rate_limit(&key, &counted, needs.front_door, now);
    if rate_limit.exceeded {
        // A refused request costs no token: a caller that keeps knocking is not kept out for longer.
        gateway
            .write_access
            .key_meter()
            .give_token_back(&counted.token)
            .await
            .map_err(|e| Denied::Unavailable(e.to_string()))?;
    }
    let authorized = Authorized {
        key,
        rate_limit,
        token: counted.token,
        hash: caller.hash,
        by_access_token: caller.by_access_token,
    };
    let is_payers_page = needs.publishable && authorized.is_publishable();
    if authorized.is_publishable() && !is_payers_page {
        return Err(Denied::PublishableKey { rate_limit });
    }
    if let Some(needed) = needs.permission.filter(|_| !is_payers_page) {
        authorized.require(needed)?;
    }
    Ok(if rate_limit.exceeded {
        Judged::Exceeded(authorized, now)
    } else {
        Judged::Within(WriteAccess::admit(gateway, authorized))
    })
}

impl crate::Call {
    /// Makes an access token that stands for the caller's key for [`ACCESS_TOKEN_S`] seconds. A caller that came with an
    /// access token gets no other: a token ends when it says.
    pub async fn issue_access_token(&self) -> Result<String, Error> {
        let admitted = self.admitted().await?;
        if admitted.by_access_token {
            return Err(Denied::INVALID_KEY.into());
        }
        let signer = self.gateway.signer()?;
        let token =
            AccessToken { key: admitted.hash.clone(), expires: self.now().plus_ms(ACCESS_TOKEN_S * 1000) };
        Ok(token.write(signer))
    }
}

impl Admitted {
    /// What writes for the caller.
    pub(crate) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// The tables, to write to.
    pub(crate) fn writer(&self) -> &Writer {
        self.worker.writer()
    }

    /// Gives the request's token back; says where the caller stands then.
    pub(crate) async fn give_token_back(&self) -> RateLimitStatus {
        match self.writer().key_meter().give_token_back(&self.token).await {
            Ok(()) => self.rate_limit.refunded(),
            Err(error) => {
                // The caller got its replay; a token lost to a failing table is not worth failing it for.
                tracing::warn!(%error, "token of a replay was not given back");
                self.rate_limit
            }
        }
    }
}
