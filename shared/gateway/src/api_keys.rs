//! A merchant's own keys: list, make with fewer permissions, roll with an overlap, revoke. And what the account is.

use tollgate_domain::{KeyId, KeyKind, Permission, Timestamp};
use tollgate_store::{ApiKey, Merchant};

use crate::{
    admin::{Admin, AdminError, IssuedKey, NewKey},
    call::Call,
    error::{Error, Refusal, Thing},
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

    /// The merchant's keys of this mode, oldest first; never their texts.
    pub async fn list_api_keys(&self) -> Result<Vec<ApiKey>, Error> {
        let scope = self.tenant().await?;
        let mut keys = self.admin().list_keys(scope.merchant).await.map_err(failed)?;
        keys.retain(|key| key.mode == scope.mode);
        Ok(keys)
    }

    /// Makes a key of this mode. No key can make one that may do more than it may itself.
    pub async fn create_api_key(&self, kind: KeyKind, scopes: Vec<Permission>) -> Result<IssuedKey, Error> {
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
        self.admin().create_key(new).await.map_err(failed)
    }

    /// Makes a key in another's place, which is accepted for `overlap_s` more seconds.
    pub async fn roll_api_key(&self, id: KeyId, overlap_s: Option<i64>) -> Result<IssuedKey, Error> {
        let old = self.own_key(id).await?;
        let issued = self.create_api_key(old.kind, old.scopes.clone()).await?;
        let overlap_ms = overlap_s.map_or(OVERLAP_MS, |seconds| seconds.saturating_mul(1000));
        self.store
            .expire_key(old.merchant, id, self.now.plus_ms(overlap_ms))
            .await?;
        Ok(issued)
    }

    /// Revokes a key: the next request with it is refused.
    pub async fn revoke_api_key(&self, id: KeyId) -> Result<Timestamp, Error> {
        let key = self.own_key(id).await?;
        self.admitted().await?;
        self.admin().revoke_key(key.merchant, id).await.map_err(failed)?;
        Ok(self.now)
    }

    async fn own_key(&self, id: KeyId) -> Result<ApiKey, Error> {
        let keys = self.list_api_keys().await?;
        let key = keys.into_iter().find(|key| key.id == id);
        Ok(key.ok_or(Refusal::NotFound(Thing::ApiKey))?)
    }
}
