//! A merchant's own keys: list, make with fewer permissions, roll with an overlap, revoke. And what the account is.
//!
//! Who may make keys may not thereby do more, or for longer, than before. So a key makes none that may do what it may not do
//! itself, and a key that is about to end, or an access token, which ends within the hour, makes none at all. That goes for
//! retries, too: what is given again is a secret.

use tollgate_domain::{KeyId, KeyKind, KeyRefusal, Permission, Refusal, Resource, Timestamp, id};
use tollgate_store::{ApiKey, Changed, KeyHash, KeyPlace, KeyQuery, Merchant, Page};

use crate::{
    admin::{Admin, AdminError, IssuedKey, NewKey},
    authentication::Authorized,
    call::Call,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    page_request::PageRequest,
};

/// How long a rolled key is still accepted, in milliseconds, unless the merchant says otherwise: a day.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a key that was rolled with itself may ask for the answer again, in milliseconds: the answer may have been lost on its
/// way, and nothing else knows the new key.
const ROLL_RETRY_MS: i64 = 10 * 60 * 1000;

fn failed(error: AdminError) -> Error {
    match error {
        AdminError::NoSuchKey => Refusal::NotFound(Resource::ApiKey).into(),
        AdminError::TooManyKeys => Refusal::from(KeyRefusal::TooMany).into(),
        AdminError::Store(error) => Error::Store(error),
        other => Error::Internal(other.to_string()),
    }
}

/// What is made of a request's idempotency key: the text of an API key.
struct KeyBytes {
    bytes: [u8; 32],
    /// What an earlier release would have made of it.
    formerly: Option<[u8; 32]>,
}

impl Authorized {
    /// Whether the caller lasts, so that it may make keys, which last.
    fn lasts(&self) -> bool {
        self.key().expires_at.is_none() && !self.by_access_token()
    }

    /// Refuses a caller that may not do all that a key may do.
    fn require_all(&self, scopes: &[Permission]) -> Result<(), Error> {
        for scope in scopes {
            self.require(*scope)?;
        }
        Ok(())
    }
}

impl Call {
    /// The merchant that calls.
    pub async fn account(&self) -> Result<Merchant, Error> {
        let tenant = self.tenant().await?;
        let merchant = self.store.get_merchant(tenant.merchant).await?;
        merchant.ok_or_else(|| failed(AdminError::NoSuchMerchant))
    }

    /// The merchant's keys of this mode, newest first; never their texts. One query for a page, and for one that begins at a key two
    /// reads before it.
    pub async fn list_api_keys(&self, page_request: PageRequest<id::KeyKind>) -> Result<Page<ApiKey>, Error> {
        let tenant = self.tenant().await?;
        let from = match (page_request.starting_after, page_request.ending_before) {
            (None, None) => None,
            (Some(id), _) => Some(KeyPlace::After(self.place(id).await?, id)),
            (None, Some(id)) => Some(KeyPlace::Before(self.place(id).await?, id)),
        };
        let query = KeyQuery { tenant, from, limit: page_request.limit, offset: page_request.offset };
        Ok(self.store.list_keys(query).await?)
    }

    async fn place(&self, id: KeyId) -> Result<Timestamp, Error> {
        let found = self.find_own_key(id).await?;
        Ok(found.ok_or(Refusal::NoSuchCursor)?.1.created)
    }

    /// Makes a key of this mode. No key can make one that may do more than it may itself.
    pub async fn create_api_key(
        &self,
        kind: KeyKind,
        scopes: Vec<Permission>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<IssuedKey>, Error> {
        let caller = self.authorized().await?;
        caller.require_all(&scopes)?;
        if !caller.lasts() {
            return Err(Refusal::from(KeyRefusal::CallerEnds).into());
        }
        let bytes = self.key_bytes("api_keys", kind, idempotency).await?;
        let issue = self.make_key(kind, scopes, &bytes);
        let made = Box::pin(self.run_idempotent("api_keys", idempotency, Box::pin(issue))).await?;
        self.issued(made, &bytes).await
    }

    /// Makes a key in another's place, which is accepted for `overlap_s` more seconds, or for as long as it would have been if that
    /// is less.
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
        if !caller.lasts() && !self.is_rolled_with_itself(&old, &bytes).await? {
            return Err(Refusal::from(KeyRefusal::CallerEnds).into());
        }
        let issue = async {
            if !old.is_live(self.now) {
                return Err(Refusal::from(KeyRefusal::Ended).into());
            }
            let key = self.make_key(old.kind, old.scopes.clone(), &bytes).await?;
            let overlap_ms = overlap_s.map_or(OVERLAP_MS, |seconds| seconds.saturating_mul(1000));
            let end = self.now.plus_ms(overlap_ms);
            // Refused where the key ends sooner, or was ended meanwhile: that is how it stays.
            let (Changed::Done | Changed::Missing) =
                self.admitted().await?.writer().expire_key(&hash, &old, end, self.now).await?;
            Ok(key)
        };
        let made = Box::pin(self.run_idempotent(&route, idempotency, Box::pin(issue))).await?;
        self.issued(made, &bytes).await
    }

    /// Whether this very request rolled the caller's own key within [`ROLL_RETRY_MS`]: asked again, it is answered again.
    async fn is_rolled_with_itself(&self, old: &ApiKey, bytes: &KeyBytes) -> Result<bool, Error> {
        let caller = self.authorized().await?;
        if caller.key().id != old.id || caller.by_access_token() {
            return Ok(false);
        }
        let made = self.find_made(old.kind, bytes).await?;
        Ok(made.is_some_and(|(_, key)| key.created.plus_ms(ROLL_RETRY_MS) > self.now))
    }

    /// The accepted key whose text is made of these bytes. One read of 1 unit, two where an earlier release made it.
    async fn find_made(&self, kind: KeyKind, bytes: &KeyBytes) -> Result<Option<(String, ApiKey)>, Error> {
        let mode = self.tenant().await?.mode;
        for bytes in [Some(bytes.bytes), bytes.formerly].into_iter().flatten() {
            let text = Admin::key_text(kind, mode, &bytes);
            if let Some(key) = self.store.find_key(&KeyHash::of(&text), self.now).await? {
                return Ok(Some((text, key)));
            }
        }
        Ok(None)
    }

    /// A key with its text, which is kept nowhere: a retry makes the same one again. It is given to a caller that could make
    /// the key as it is now, and to no other.
    async fn issued(
        &self,
        made: Idempotent<ApiKey>,
        bytes: &KeyBytes,
    ) -> Result<Idempotent<IssuedKey>, Error> {
        let Idempotent { value: key, replayed } = made;
        if !replayed {
            let secret = Admin::key_text(key.kind, key.mode, &bytes.bytes);
            return Ok(Idempotent::new(IssuedKey { secret, key }));
        }
        let found = self.find_made(key.kind, bytes).await?;
        let found = found.filter(|(_, found)| found.id == key.id);
        // Since revoked, or made of a secret that the gateway has no more: there is nothing left to replay.
        let (secret, now) = found.ok_or(Refusal::NotFound(Resource::ApiKey))?;
        let caller = self.authorized().await?;
        caller.require_all(&now.scopes)?;
        Ok(Idempotent::replay(IssuedKey { secret, key }, caller))
    }

    async fn make_key(
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

    /// What a key's text is made of: chance, or, when it is made with an idempotency key, what nobody knows who lacks the
    /// gateway's own secret and what is the same for a retry. The request and the kind are part of it: one idempotency key
    /// never makes a publishable key and a secret one of the same bytes.
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
