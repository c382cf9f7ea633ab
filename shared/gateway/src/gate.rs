//! Who is calling, and may they: authentication and metering in one round trip, off the path where it can be.
//!
//! A [`Gate`] starts its one `UpdateItem` at once, in a task of its own. What only reads may use
//! [`Gate::tenant`], which answers immediately when this warm function has met the key before; what writes needs an
//! [`Admitted`], which exists only once the key was accepted and counted. The answer of a request whose key turns out
//! bad is thrown away by the front door's frame, so a speculative read tells nobody anything.

use std::sync::{Arc, PoisonError};

use tokio::{sync::Mutex, sync::OnceCell, task::JoinHandle};
use tollgate_domain::{FrontDoor, KeyKind, Permission, Scope, Timestamp, rate::Standing};
use tollgate_store::{ApiKey, KeyHash, Store, StoreError};

use crate::Gateway;

/// Keys that a warm function remembers.
const MAX_KNOWN_KEYS: usize = 1000;
/// Longest text that can be a key.
const KEY_MAX_BYTES: usize = 256;

/// A caller whose key was accepted and whose request was counted. Writes need one.
#[derive(Clone, Debug)]
pub struct Admitted {
    key: ApiKey,
    standing: Standing,
    hash: KeyHash,
    bucket: i64,
}

impl Admitted {
    /// The tenant the caller speaks for.
    pub fn scope(&self) -> Scope {
        self.key.scope()
    }

    /// Where the caller stands in its rate window.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

/// Why a caller was not let in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Denied {
    /// No credentials, or not of the documented form.
    #[error("no API key was sent")]
    NoKey,
    /// The key does not exist, is revoked or has expired.
    #[error("the API key is not valid")]
    InvalidKey,
    /// The key lacks what the route needs.
    #[error("the API key lacks the scope {}", .needed.as_str())]
    MissingScope {
        /// What it lacks.
        needed: Permission,
        /// Where the caller stands in its rate window.
        standing: Standing,
    },
    /// The key is a publishable one.
    #[error("a publishable API key may not do this")]
    PublishableKey {
        /// Where the caller stands in its rate window.
        standing: Standing,
    },
    /// One request too many.
    #[error("rate limit exceeded")]
    RateLimited {
        /// Where the caller stands in its rate window.
        standing: Standing,
        /// When the request came.
        now: Timestamp,
    },
    /// We could not find out.
    #[error("authentication is unavailable: {0}")]
    Unavailable(Arc<StoreError>),
}

impl Denied {
    /// Where the caller stands in its rate window, if it has one.
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::MissingScope { standing, .. }
            | Self::PublishableKey { standing }
            | Self::RateLimited { standing, .. } => Some(*standing),
            Self::NoKey | Self::InvalidKey | Self::Unavailable(_) => None,
        }
    }
}

/// What the caller's key has to be good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) front_door: FrontDoor,
    pub(crate) permission: Option<Permission>,
}

#[derive(Debug)]
pub(crate) struct Gate {
    known: Option<ApiKey>,
    running: Mutex<Option<JoinHandle<Result<Admitted, Denied>>>>,
    done: OnceCell<Result<Admitted, Denied>>,
}

impl Gate {
    /// Starts to authenticate and meter.
    pub(crate) fn open(
        gateway: &Gateway,
        store: &Store,
        key: Option<&str>,
        needs: Needs,
        now: Timestamp,
    ) -> Self {
        let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= KEY_MAX_BYTES) else {
            return Self {
                known: None,
                running: Mutex::new(None),
                done: OnceCell::new_with(Some(Err(Denied::NoKey))),
            };
        };
        let hash = KeyHash::of(key);
        let known = gateway
            .known_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .cloned();
        let task = tokio::spawn(admit(gateway.clone(), store.clone(), hash, needs, now));
        Self {
            known,
            running: Mutex::new(Some(task)),
            done: OnceCell::new(),
        }
    }

    /// The tenant, to read for: at once when the key is known here, else once it is accepted.
    pub(crate) async fn tenant(&self) -> Result<Scope, Denied> {
        match &self.known {
            Some(key) => Ok(key.scope()),
            None => self.admitted().await.map(Admitted::scope),
        }
    }

    /// The caller, let in.
    pub(crate) async fn admitted(&self) -> Result<&Admitted, Denied> {
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
    Denied::Unavailable(Arc::new(StoreError::BadValue(detail)))
}

async fn admit(
    gateway: Gateway,
    store: Store,
    hash: KeyHash,
    needs: Needs,
    now: Timestamp,
) -> Result<Admitted, Denied> {
    let metered = match store.meter_key(&hash, now).await {
        Ok(Some(metered)) => metered,
        Ok(None) => {
            gateway
                .known_keys
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&hash);
            return Err(Denied::InvalidKey);
        }
        Err(error) => return Err(Denied::Unavailable(Arc::new(error))),
    };
    let key = metered.key;
    let limit = key.tier.requests_per_minute(needs.front_door);
    let standing = Standing::judge(limit, metered.counts, now);
    {
        let mut known = gateway.known_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN_KEYS {
            known.clear();
        }
        known.insert(hash.clone(), key.clone());
    }
    if standing.exceeded {
        // A refused request costs no token: a caller that keeps knocking is not kept out for longer.
        store
            .give_token_back(&hash, metered.bucket)
            .await
            .map_err(|e| Denied::Unavailable(Arc::new(e)))?;
        return Err(Denied::RateLimited { standing, now });
    }
    if key.kind == KeyKind::Publishable {
        return Err(Denied::PublishableKey { standing });
    }
    if let Some(needed) = needs.permission
        && !key.scopes.contains(&needed)
    {
        return Err(Denied::MissingScope { needed, standing });
    }
    Ok(Admitted {
        key,
        standing,
        hash,
        bucket: metered.bucket,
    })
}

impl Admitted {
    /// Gives the request's token back; says where the caller stands then.
    pub(crate) async fn give_token_back(&self, store: &Store) -> Standing {
        match store.give_token_back(&self.hash, self.bucket).await {
            Ok(()) => self.standing.refunded(),
            Err(error) => {
                // The caller got its replay; a token lost to a failing table is not worth failing it for.
                tracing::warn!(%error, "token of a replay was not given back");
                self.standing
            }
        }
    }
}
