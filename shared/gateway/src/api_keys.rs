//! A merchant's own keys: list, make with fewer permissions, roll with an overlap, revoke. And what the account is.

use std::future::Future;

use tollgate_domain::{KeyId, KeyKind, Permission, Timestamp, id};
use tollgate_store::{ApiKey, Changed, Cursor, KeyHash, Merchant, Page};

use crate::{
    admin::{Admin, AdminError, IssuedKey, NewKey},
    call::Call,
    error::{Error, Refusal, Thing},
    once::{Idempotency, Made},
    window::Window,
};

/// How long a rolled key is still accepted, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;

fn failed(error: AdminError) -> Error {
    match error {
        AdminError::NoSuchKey => Refusal::NotFound(Thing::ApiKey).into(),
        AdminError::Store(error) => Error::Store(error),
        other => Error::Internal(other.to_string()),
    }
}

impl Call {
    fn admin(&self) -> Admin {
        Admin::new(self.gateway.clone())
    }

    /// The merchant that calls.
    pub async fn account(&self) -> Result<Merchant, Error> {
        let scope = self.tenant().await?;
        self.admin().merchant(scope.merchant).await.map_err(failed)
    }

    /// The merchant's keys of this mode, newest first; never their texts. There are few enough to read all of them for a page.
    pub async fn list_api_keys(&self, window: Window<id::KeyKind>) -> Result<Page<ApiKey>, Error> {
        let keys = self.keys_of_mode().await?;
        let place = |id: KeyId| {
            keys.iter()
                .position(|key| key.id == id)
                .ok_or(Refusal::NoSuchCursor)
        };
        let (from, to, more) = match (window.starting_after, window.ending_before) {
            (None, Some(id)) => {
                let to = place(id)?;
                let from = to.saturating_sub(window.limit);
                (from, to, from > 0)
            }
            (after, _) => {
                let from = after.map(place).transpose()?.map_or(0, |at| at + 1);
                let to = keys.len().min(from + window.limit);
                (from, to, to < keys.len())
            }
        };
        let items: Vec<ApiKey> = keys[from..to].to_vec();
        let next = items.last().filter(|_| more).map(|key| Cursor {
            created: key.created,
            id: key.id.to_string(),
        });
        Ok(Page { items, next })
    }

    async fn keys_of_mode(&self) -> Result<Vec<ApiKey>, Error> {
        let scope = self.tenant().await?;
        let mut keys = self.admin().list_keys(scope.merchant).await.map_err(failed)?;
        keys.retain(|key| key.mode == scope.mode);
        keys.reverse();
        Ok(keys)
    }

    /// Makes a key of this mode. No key can make one that may do more than it may itself.
    pub async fn create_api_key(
        &self,
        kind: KeyKind,
        scopes: Vec<Permission>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<IssuedKey>, Error> {
        let bytes = self.key_bytes("api_keys", idempotency).await?;
        let issue = self.make_key(kind, scopes, &bytes);
        self.issue_once("api_keys", idempotency, &bytes, Box::pin(issue))
            .await
    }

    /// Makes a key in another's place, which is accepted for `overlap_s` more seconds.
    pub async fn roll_api_key(
        &self,
        id: KeyId,
        overlap_s: Option<i64>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<IssuedKey>, Error> {
        let route = format!("api_keys/{id}/roll");
        let bytes = self.key_bytes(&route, idempotency).await?;
        let issue = async {
            let old = self.own_key(id).await?;
            let key = self.make_key(old.kind, old.scopes.clone(), &bytes).await?;
            let overlap_ms = overlap_s.map_or(OVERLAP_MS, |seconds| seconds.saturating_mul(1000));
            let ends_at = self.now.plus_ms(overlap_ms);
            match self.store.expire_key(old.merchant, id, ends_at).await? {
                Changed::Done => Ok(key),
                Changed::Missing => Err(Refusal::NotFound(Thing::ApiKey).into()),
            }
        };
        self.issue_once(&route, idempotency, &bytes, Box::pin(issue))
            .await
    }

    /// Issues the key whose text is made of these bytes, once. No text is kept: a retry makes the same one again.
    async fn issue_once(
        &self,
        route: &str,
        idempotency: Option<&Idempotency>,
        bytes: &[u8; 32],
        issue: impl Future<Output = Result<ApiKey, Error>>,
    ) -> Result<Made<IssuedKey>, Error> {
        let made = Box::pin(self.run_once(route, idempotency, issue)).await?;
        let Made { thing: key, replayed } = made;
        let secret = Admin::key_text(key.kind, key.mode, bytes);
        if replayed {
            // Since revoked, or made of a secret that the gateway has no more: there is nothing left to replay.
            let found = self.store.find_key(&KeyHash::of(&secret), self.now).await?;
            found.ok_or(Refusal::NotFound(Thing::ApiKey))?;
        }
        let thing = IssuedKey { secret, key };
        Ok(Made { thing, replayed })
    }

    async fn make_key(
        &self,
        kind: KeyKind,
        scopes: Vec<Permission>,
        bytes: &[u8; 32],
    ) -> Result<ApiKey, Error> {
        let admitted = self.admitted().await?;
        if let Some(needed) = scopes.iter().find(|scope| !admitted.may(**scope)) {
            return Err(crate::Denied::MissingScope {
                needed: *needed,
                standing: admitted.standing(),
            }
            .into());
        }
        let scope = admitted.scope();
        let new = NewKey {
            merchant: scope.merchant,
            mode: scope.mode,
            kind,
            scopes,
        };
        let issued = self.admin().create_key_of(new, bytes).await.map_err(failed)?;
        Ok(issued.key)
    }

    /// What a key's text is made of: chance, or, when it is made with an idempotency key, what nobody knows who lacks the
    /// gateway's own secret and what is the same for a retry.
    async fn key_bytes(&self, route: &str, idempotency: Option<&Idempotency>) -> Result<[u8; 32], Error> {
        let Some(idempotency) = idempotency else {
            return Ok(self.gateway.random_bytes());
        };
        let scope = self.tenant().await?;
        let claim = format!("{scope}{route}#{}", idempotency.key.as_str());
        Ok(self.gateway.signer()?.derive("api-key", claim.as_bytes()))
    }

    /// Revokes a key: the next request with it is refused.
    pub async fn revoke_api_key(&self, id: KeyId) -> Result<Timestamp, Error> {
        let key = self.own_key(id).await?;
        self.admitted().await?;
        self.admin().revoke_key(key.merchant, id).await.map_err(failed)?;
        Ok(self.now)
    }

    async fn own_key(&self, id: KeyId) -> Result<ApiKey, Error> {
        let keys = self.keys_of_mode().await?;
        let key = keys.into_iter().find(|key| key.id == id);
        Ok(key.ok_or(Refusal::NotFound(Thing::ApiKey))?)
    }
}
