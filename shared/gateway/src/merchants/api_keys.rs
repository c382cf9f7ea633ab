//! A merchant's account and API keys: list, create, roll with an overlap, revoke.
//!
//! A caller cannot gain permissions or time by creating keys. A key cannot create one with permissions that
//! it lacks. A key that expires, and an access token, which expires within the hour, cannot create any. The
//! same holds for retries, because their answers contain a secret.

use tollgate_domain::{KeyId, KeyKind, KeyRefusal, Permission, Refusal, Resource, Timestamp, id};
use tollgate_store::{ApiKey, Changed, KeyHash, KeyPlace, KeyQuery, Merchant, Page};

use crate::{
    admin::{
        api_keys::{IssuedKey, NewKey},
        operator::{Admin, AdminError},
    },
    auth::authorized::Authorized,
    call::Call,
    error::Error,
    idempotency::idempotent::{Idempotency, Idempotent},
    pagination::PageRequest,
};

/// How long a rolled key is still accepted, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_DEFAULT_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a key that rolled itself may repeat the request, in milliseconds: ten minutes. The answer with
/// the new key may have been lost.
const ROLL_RETRY_MS_MAX: i64 = 10 * 60 * 1000;

/// The refusal or failure of an admin operation, for a merchant.
fn failed(error: AdminError) -> Error {
    match error {
        AdminError::NoSuchKey => Refusal::NotFound(Resource::ApiKey).into(),
        AdminError::TooManyKeys => Refusal::from(KeyRefusal::TooMany).into(),
        AdminError::Store(error) => Error::Store(error),
        other => Error::Internal(other.to_string()),
    }
}

/// The bytes of a key's text.
struct KeyBytes {
    bytes: [u8; 32],
    /// The bytes that an earlier release derived from the same request.
    formerly: Option<[u8; 32]>,
}

impl Authorized {
    /// Whether the caller does not expire, so that it may create keys.
    fn is_permanent(&self) -> bool {
        self.key().expires_at.is_none() && !self.by_access_token()
    }

    /// Refuses a caller that lacks one of these permissions.
    fn require_all(&self, scopes: &[Permission]) -> Result<(), Error> {
        for scope in scopes {
            self.require(*scope)?;
        }
        Ok(())
    }
}

impl Call {
    /// The calling merchant.
    pub async fn account(&self) -> Result<Merchant, Error> {
        let tenant = self.tenant().await?;
        let merchant = self.store.get_merchant(tenant.merchant).await?;
        merchant.ok_or_else(|| failed(AdminError::NoSuchMerchant))
    }

    /// Lists the merchant's keys of this mode, newest first, without their texts. One query, and two reads
    /// before it if the page has a cursor.
    pub async fn list_api_keys(&self, page_request: PageRequest<id::KeyKind>) -> Result<Page<ApiKey>, Error> {
        let tenant = self.tenant().await?;
        let from = match (page_request.starting_after, page_request.ending_before) {
            (None, None) => None,
            (Some(id), _) => Some(KeyPlace::After(self.key_cursor(id).await?, id)),
            (None, Some(id)) => Some(KeyPlace::Before(self.key_cursor(id).await?, id)),
        };
        let query = KeyQuery { tenant, from, limit: page_request.limit, offset: page_request.offset };
        Ok(self.store.list_keys(query).await?)
    }

    async fn key_cursor(&self, id: KeyId) -> Result<Timestamp, Error> {
        let found = self.find_own_key(id).await?;
        Ok(found.ok_or(Refusal::NoSuchCursor)?.1.created)
    }

    /// Creates a key of this mode, with no permission that the caller lacks.
    pub async fn create_api_key(
        &self,
        kind: KeyKind,
        scopes: Vec<Permission>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<IssuedKey>, Error> {
        let caller = self.authorized().await?;
        caller.require_all(&scopes)?;
        if !caller.is_permanent() {
            return Err(Refusal::from(KeyRefusal::CallerEnds).into());
        }
        let bytes = self.key_bytes("api_keys", kind, idempotency).await?;
        let work = self.issue_key(kind, scopes, &bytes);
        let created = Box::pin(self.run_idempotent("api_keys", idempotency, Box::pin(work))).await?;
        self.issued(created, &bytes).await
    }

    /// Creates a key that replaces another one. The old key is accepted for `overlap_s` more seconds, or
    /// until it expires if that is sooner.
    pub async fn roll_api_key(
        &self,
        id: KeyId,
        overlap_s: Option<i64>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<IssuedKey>, Error> {
        let caller = self.authorized().await?;
        let (hash, old) = self.own_key(id).await?;
        caller.require_all(&old.scopes)?;
        let route = format!("api_keys/{id}/roll");
        let bytes = self.key_bytes(&route, old.kind, idempotency).await?;
        if !caller.is_permanent() && !self.is_retry_of_own_roll(&old, &bytes).await? {
            return Err(Refusal::from(KeyRefusal::CallerEnds).into());
        }
        let work = async {
            if !old.is_live(self.now) {
                // Unless it ended it itself: an earlier try died after that.
                let made = self.find_made(old.kind, &bytes).await?;
                return made.ok_or_else(|| Refusal::from(KeyRefusal::Ended).into());
            }
            let key = self.issue_key(old.kind, old.scopes.clone(), &bytes).await?;
            let overlap_ms = overlap_s.map_or(OVERLAP_DEFAULT_MS, |seconds| seconds.saturating_mul(1000));
            let end = self.now.plus_ms(overlap_ms);
            // Missing: the key expires sooner or was revoked meanwhile, and stays so.
            let (Changed::Done | Changed::Missing) =
                self.admitted().await?.writer().expire_key(&hash, &old, end, self.now).await?;
            Ok(key)
        };
        let created = Box::pin(self.run_idempotent(&route, idempotency, Box::pin(work))).await?;
        self.issued(created, &bytes).await
    }

    /// Whether this request rolled the caller's own key within [`ROLL_RETRY_MS_MAX`], so that it may be
    /// repeated.
    async fn is_retry_of_own_roll(&self, old: &ApiKey, bytes: &KeyBytes) -> Result<bool, Error> {
        let caller = self.authorized().await?;
        if caller.key().id != old.id || caller.by_access_token() {
            return Ok(false);
        }
        let issued = self.find_issued(old.kind, bytes).await?;
        Ok(issued.is_some_and(|(_, key)| key.created.plus_ms(ROLL_RETRY_MS_MAX) > self.now))
    }

    /// The accepted key with these bytes. One read of 1 unit, two if an earlier release created it.
    async fn find_issued(&self, kind: KeyKind, bytes: &KeyBytes) -> Result<Option<(String, ApiKey)>, Error> {
        let mode = self.tenant().await?.mode;
        for bytes in [Some(bytes.bytes), bytes.formerly].into_iter().flatten() {
            let text = Admin::key_text(kind, mode, &bytes);
            if let Some(key) = self.store.find_key(&KeyHash::of(&text), self.now).await? {
                return Ok(Some((text, key)));
            }
        }
        Ok(None)
    }

    /// The key that an earlier try of this request made. One read of 1 unit.
    async fn find_made(&self, kind: KeyKind, bytes: &KeyBytes) -> Result<Option<ApiKey>, Error> {
        let text = Admin::key_text(kind, self.tenant().await?.mode, &bytes.bytes);
        Ok(self.store.find_key(&KeyHash::of(&text), self.now).await?)
    }

    /// A key with its text. The text is not stored: a retry derives it again. Only a caller that could create
    /// the key as it is now gets it.
    async fn issued(
        &self,
        created: Idempotent<ApiKey>,
        bytes: &KeyBytes,
    ) -> Result<Idempotent<IssuedKey>, Error> {
        let Idempotent { value: key, replayed } = created;
        if !replayed {
            let secret = Admin::key_text(key.kind, key.mode, &bytes.bytes);
            return Ok(Idempotent::new(IssuedKey { secret, key }));
        }
        let found = self.find_issued(key.kind, bytes).await?;
        let found = found.filter(|(_, found)| found.id == key.id);
        // Revoked since, or derived from a secret that the gateway no longer has: the answer cannot be
        // replayed.
        let (secret, now) = found.ok_or(Refusal::NotFound(Resource::ApiKey))?;
        let caller = self.authorized().await?;
        caller.require_all(&now.scopes)?;
        Ok(Idempotent::replay(IssuedKey { secret, key }, caller))
    }

    async fn issue_key(
        &self,
        kind: KeyKind,
        scopes: Vec<Permission>,
        bytes: &KeyBytes,
    ) -> Result<ApiKey, Error> {
        let admitted = self.admitted().await?;
        let tenant = admitted.tenant();
        let new = NewKey { merchant: tenant.merchant, mode: tenant.mode, kind, scopes };
        let admin = Admin::new(admitted.worker().clone());
        let issued = admin.create_key_of(new, &bytes.bytes).await.map_err(failed)?;
        Ok(issued.key)
    }

    /// The bytes of a key's text: random, or with an idempotency key derived from the gateway's own secret
    /// and the request, so that a retry derives the same ones. The kind is part of the derivation: a
    /// publishable key never has the bytes of a secret one.
    async fn key_bytes(
        &self,
        route: &str,
        kind: KeyKind,
        idempotency: Option<&Idempotency>,
    ) -> Result<KeyBytes, Error> {
        let Some(idempotency) = idempotency else {
            return Ok(KeyBytes { bytes: self.gateway.random_bytes(), formerly: None });
        };
        let tenant = self.tenant().await?;
        let signer = self.gateway.signer()?;
        let key = idempotency.key.as_str();
        let request = idempotency.fingerprint.as_str();
        let claim = format!("{tenant}{route}#{}#{request}#{key}", kind.prefix());
        let formerly = format!("{tenant}{route}#{key}");
        Ok(KeyBytes {
            bytes: signer.derive("api-key-of-request", claim.as_bytes()),
            formerly: Some(signer.derive("api-key", formerly.as_bytes())),
        })
    }

    /// Revokes a key: the next request with it is refused.
    pub async fn revoke_api_key(&self, id: KeyId) -> Result<Timestamp, Error> {
        let (hash, key) = self.own_key(id).await?;
        self.admitted().await?;
        match self.admitted().await?.writer().revoke_key(&hash, &key, self.now).await? {
            Changed::Done => Ok(self.now),
            Changed::Missing => Err(Refusal::NotFound(Resource::ApiKey).into()),
        }
    }

    async fn own_key(&self, id: KeyId) -> Result<(KeyHash, ApiKey), Error> {
        let found = self.find_own_key(id).await?;
        Ok(found.ok_or(Refusal::NotFound(Resource::ApiKey))?)
    }

    async fn find_own_key(&self, id: KeyId) -> Result<Option<(KeyHash, ApiKey)>, Error> {
        let tenant = self.tenant().await?;
        let found = self.store.key_by_id(tenant.merchant, id).await?;
        Ok(found.filter(|(_, key)| key.mode == tenant.mode))
    }
}
