//! API keys of any merchant.

use tollgate_domain::{Id, KeyId, KeyKind, MerchantId, Mode, Permission, id::KeyKind as KeyMarker};
use tollgate_store::{ApiKey, Changed, KeyHash, KeyPut, NewApiKey};

use super::operator::{Admin, AdminError};

/// Characters of a key that lists show: its last ones.
const HINT_CHARS: usize = 4;

/// A key to create.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The merchant.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// The permissions.
    pub scopes: Vec<Permission>,
}

impl NewKey {
    /// Whether a key is what was asked for.
    fn is_for(&self, key: &ApiKey) -> bool {
        (self.merchant, self.mode, self.kind) == (key.merchant, key.mode, key.kind)
            && self.scopes == key.scopes
    }
}

/// A created key. Its text is shown once and is not stored.
#[derive(Clone)]
pub struct IssuedKey {
    /// The key's text, which callers send.
    pub secret: String,
    /// The stored key.
    pub key: ApiKey,
}

impl Admin {
    /// Creates a key: `sk_test_…`, `pk_live_…`.
    pub async fn create_key(&self, new: NewKey) -> Result<IssuedKey, AdminError> {
        self.create_key_of(new, &self.0.random_bytes()).await
    }

    /// Creates the key with these bytes, unless it exists.
    pub(crate) async fn create_key_of(&self, new: NewKey, bytes: &[u8; 32]) -> Result<IssuedKey, AdminError> {
        let merchant = self.merchant(new.merchant).await?;
        let secret = Self::key_text(new.kind, new.mode, bytes);
        let asked = new.clone();
        let key = ApiKey {
            id: self.0.new_id(),
            merchant: merchant.id,
            mode: new.mode,
            kind: new.kind,
            scopes: new.scopes,
            contract: merchant.contract,
            created: self.0.now(),
            hint: secret.chars().skip(secret.len() - HINT_CHARS).collect(),
            revoked_at: None,
            expires_at: None,
        };
        let hash = KeyHash::of(&secret);
        let stored = NewApiKey { hash: hash.clone(), key: key.clone() };
        let now = self.0.now();
        match self.0.writer().create_key(&stored, now).await? {
            KeyPut::Created => {}
            KeyPut::TooMany => return Err(AdminError::TooManyKeys),
            // A retry after the idempotency record expired: the same key, if it is still what was asked for.
            KeyPut::Exists(key) if asked.is_for(&key) && key.is_live(now) => {
                return Ok(IssuedKey { secret, key: *key });
            }
            KeyPut::Exists(_) => return Err(AdminError::NoSuchKey),
        }
        // The contract may have changed since it was read, and the change did not include this key.
        let current = self.merchant(merchant.id).await?.contract;
        if current != merchant.contract {
            let (Changed::Done | Changed::Missing) =
                self.0.writer().set_contract_of_key(&hash, current).await?;
        }
        Ok(IssuedKey { secret, key })
    }

    /// A key's text: 32 bytes as letters and digits, so that a double click selects all of it.
    pub(crate) fn key_text(kind: KeyKind, mode: Mode, bytes: &[u8; 32]) -> String {
        let half = |at: usize| {
            let mut id = [0; 16];
            id.copy_from_slice(&bytes[at..at + 16]);
            Id::<KeyMarker>::from_bytes(id)
        };
        format!("{}_{}_{}{}", kind.prefix(), mode.as_str(), half(0), half(16))
    }

    /// Lists a merchant's keys, oldest first.
    pub async fn list_keys(&self, merchant: MerchantId) -> Result<Vec<ApiKey>, AdminError> {
        self.merchant(merchant).await?;
        Ok(self.0.store.all_keys(merchant).await?)
    }

    /// Revokes a key: the next request with it is refused.
    pub async fn revoke_key(&self, merchant: MerchantId, key: KeyId) -> Result<(), AdminError> {
        let (hash, key) = self.key_by_id(merchant, key).await?;
        self.revoke(&hash, &key).await
    }

    /// Revokes the key with this text, of any merchant, and returns it: for a key that leaked.
    pub async fn revoke_key_text(&self, text: &str) -> Result<ApiKey, AdminError> {
        let hash = KeyHash::of(text);
        let key = self.0.store.key_of_hash(&hash).await?;
        let key = key.ok_or(AdminError::NoSuchKey)?;
        self.revoke(&hash, &key).await?;
        Ok(key)
    }

    async fn revoke(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), AdminError> {
        match self.0.writer().revoke_key(hash, key, self.0.now()).await? {
            Changed::Done => Ok(()),
            Changed::Missing => Err(AdminError::NoSuchKey),
        }
    }

    async fn key_by_id(&self, merchant: MerchantId, id: KeyId) -> Result<(KeyHash, ApiKey), AdminError> {
        let found = self.0.store.key_by_id(merchant, id).await?;
        found.ok_or(AdminError::NoSuchKey)
    }

    /// Sets a key's permissions.
    pub async fn set_scopes(
        &self,
        merchant: MerchantId,
        key: KeyId,
        scopes: &[Permission],
    ) -> Result<(), AdminError> {
        let (hash, _) = self.key_by_id(merchant, key).await?;
        match self.0.writer().set_key_scopes(&hash, scopes).await? {
            Changed::Done => Ok(()),
            Changed::Missing => Err(AdminError::NoSuchKey),
        }
    }
}
