//! Authenticates a request's caller and counts the request against its rate limit.
//!
//! [`Authentication::start`] begins the one `UpdateItem` in a background task. Reads start before it ends: if
//! this warm function knows the key, [`Authentication::tenant`] answers immediately. What was read is
//! discarded if the key turns out to be invalid. Writes need an [`Admitted`], which exists only after
//! authentication.
//!
//! Every caller, replays included, is checked in this order: the key is valid, it is of the right kind, it
//! has the permission, the rate limit is not exceeded. The first three make an [`Authorized`], which replays
//! require.

use std::sync::PoisonError;

use tokio::{sync::Mutex, sync::OnceCell, task::JoinHandle};
use tollgate_apis::published;
use tollgate_domain::{
    Denied, FrontDoor, Permission, Tenant, Timestamp,
    rate_limit::{Burst, RateLimitStatus},
};
use tollgate_store::{ApiKey, Counted, KeyHash, Met, Metered, StoreError};

use super::{
    authorized::{Admitted, Authorized},
    credentials::Credentials,
};
use crate::{gateway::Gateway, signing::access_token::AccessToken};

/// API keys that a warm function remembers. The list is cleared when it is full.
const KNOWN_KEYS_MAX: usize = 1000;
/// Longest text that can be a key or an access token, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// What a route requires of its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// The API, whose rate limit counts the request.
    pub(crate) front_door: FrontDoor,
    /// The permission that the key must have, if any.
    pub(crate) permission: Option<Permission>,
    /// Whether a publishable key is accepted instead of the permission.
    pub(crate) publishable: bool,
}

/// The authentication of one request: a background task and its result.
#[derive(Debug)]
pub(crate) struct Authentication {
    /// The key, if this warm function has authenticated it before.
    known: Option<ApiKey>,
    task: Mutex<Option<JoinHandle<Result<Judged, Denied>>>>,
    result: OnceCell<Result<Judged, Denied>>,
}

/// An authorized caller, within or over its rate limit.
#[derive(Debug)]
enum Judged {
    /// Within the limit.
    Within(Admitted),
    /// Over the limit at this time.
    Exceeded(Authorized, Timestamp),
}

impl Authentication {
    /// Starts the task. Credentials that cannot be a key's are refused without one.
    pub(crate) fn start(
        gateway: &Gateway,
        credentials: Option<Credentials>,
        needs: Needs,
        now: Timestamp,
    ) -> Self {
        let refused = |denied| Self {
            known: None,
            task: Mutex::new(None),
            result: OnceCell::new_with(Some(Err(denied))),
        };
        let Some(credentials) = credentials.filter(|c| !c.secret.is_empty()) else {
            return refused(Denied::NoKey);
        };
        let Some(hash) = gateway.key_hash_of(&credentials.secret, now) else {
            return refused(Denied::INVALID_KEY);
        };
        let known = gateway.known.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let known = known.filter(|key| key.is_of(credentials.merchant.as_deref()));
        let caller = Caller {
            by_access_token: AccessToken::has_prefix(&credentials.secret),
            hash,
            merchant: credentials.merchant,
            known: known.clone(),
        };
        let task = tokio::spawn(authenticate(gateway.clone(), caller, needs, now));
        Self { known, task: Mutex::new(Some(task)), result: OnceCell::new() }
    }

    /// The tenant, for reading only: at once for a known key, otherwise after authentication.
    pub(crate) async fn tenant(&self) -> Result<Tenant, Denied> {
        match &self.known {
            Some(key) => Ok(key.tenant()),
            None => self.authorized().await.map(Authorized::tenant),
        }
    }

    /// The caller, even over its rate limit.
    pub(crate) async fn authorized(&self) -> Result<&Authorized, Denied> {
        Ok(match self.judged().await? {
            Judged::Within(admitted) => admitted,
            Judged::Exceeded(authorized, _) => authorized,
        })
    }

    /// The caller within its rate limit.
    pub(crate) async fn admitted(&self) -> Result<&Admitted, Denied> {
        match self.judged().await? {
            Judged::Within(admitted) => Ok(admitted),
            Judged::Exceeded(authorized, now) => {
                Err(Denied::RateLimited { rate_limit: authorized.rate_limit, now: *now })
            }
        }
    }

    async fn judged(&self) -> Result<&Judged, Denied> {
        let result = self
            .result
            .get_or_init(|| async {
                match self.task.lock().await.take() {
                    Some(task) => task.await.unwrap_or_else(|e| Err(unavailable(e.to_string()))),
                    None => Err(unavailable("admission was not started".into())),
                }
            })
            .await;
        result.as_ref().map_err(Clone::clone)
    }
}

fn unavailable(detail: String) -> Denied {
    Denied::Unavailable(StoreError::BadValue(detail).to_string())
}

/// The unverified caller of a request.
struct Caller {
    hash: KeyHash,
    by_access_token: bool,
    merchant: Option<String>,
    known: Option<ApiKey>,
}

impl Gateway {
    /// The digest of a secret, or of the key that an access token was issued to. `None` if it is too long,
    /// forged or expired.
    fn key_hash_of(&self, secret: &str, now: Timestamp) -> Option<KeyHash> {
        if secret.len() > KEY_BYTES_MAX {
            None
        } else if AccessToken::has_prefix(secret) {
            let token = AccessToken::read(self.links.as_ref()?.signer(), secret)?;
            (token.expires > now).then_some(token.key)
        } else {
            Some(KeyHash::of(secret))
        }
    }

    fn remember_key(&self, hash: &KeyHash, key: Option<&ApiKey>) {
        let mut known = self.known.keys.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Finds the key and counts the request. One write where the API limits keys. A read and a write where it
/// limits merchants: concurrent if this function knows the key's merchant, otherwise one after the other.
async fn find_and_count(
    gateway: &Gateway,
    caller: &Caller,
    front_door: FrontDoor,
    now: Timestamp,
) -> Result<Met, StoreError> {
    let limits = published(front_door).limits();
    let meter = gateway.write_access.key_meter().counting_seconds(limits.burst.is_some());
    let store = &gateway.store;
    if !limits.per_merchant {
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
        // The key was revoked: the attempt does not count against its merchant.
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

/// The status of a key's rate limit.
fn rate_limit(key: &ApiKey, counted: &Counted, front_door: FrontDoor, now: Timestamp) -> RateLimitStatus {
    let limit = tollgate_apis::rate_limit(&key.contract, front_door);
    let rate_limit = RateLimitStatus::judge(limit.requests_per_minute, counted.counts.iter().copied(), now);
    let is_too_fast = |burst: Burst| burst.is_exceeded(counted.by_second.iter().copied(), now);
    if !rate_limit.exceeded && limit.burst.is_some_and(is_too_fast) {
        rate_limit.too_fast(now)
    } else {
        rate_limit
    }
}

/// Checks the key, then its kind, then its permission, and the rate limit last.
async fn authenticate(
    gateway: Gateway,
    caller: Caller,
    needs: Needs,
    now: Timestamp,
) -> Result<Judged, Denied> {
    let found = find_and_count(&gateway, &caller, needs.front_door, now)
        .await
        .map_err(|e| Denied::Unavailable(e.to_string()))?;
    let Metered { key, counted } = match found {
        Met::Accepted(accepted) => accepted,
        Met::Ended(ended) => {
            gateway.remember_key(&caller.hash, None);
            let rate_limit = rate_limit(&ended.key, &ended.counted, needs.front_door, now);
            return Err(Denied::InvalidKey { rate_limit: Some(rate_limit) });
        }
        Met::Unknown => {
            gateway.remember_key(&caller.hash, None);
            return Err(Denied::InvalidKey { rate_limit: None });
        }
    };
    gateway.remember_key(&caller.hash, Some(&key));
    if !key.is_of(caller.merchant.as_deref()) {
        return Err(Denied::INVALID_KEY);
    }
    let rate_limit = rate_limit(&key, &counted, needs.front_door, now);
    if rate_limit.exceeded {
        // A refused request costs no token: a caller that keeps retrying does not wait longer.
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
        Judged::Within(Admitted::new(gateway, authorized))
    })
}
