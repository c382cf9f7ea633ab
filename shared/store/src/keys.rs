//! API keys, found by the digest of their text.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tollgate_domain::{Contract, KeyId, KeyKind, MerchantId, Mode, Permission, Tenant, Timestamp};

use crate::{Reader, error::StoreError, format, items::Item};

/// The format of a key's item, and of those that help to find it (see [`format`]).
pub(crate) const FORMAT: u32 = 1;
/// The SHA-256 of a key's text, in hex: all that is stored of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// Of a key as the caller sent it.
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// Of a key whose digest is known, as an access token carries it.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(hex::encode(digest))
    }

    /// The digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        // The text is made by this type alone and is always 32 bytes in hex.
        let _ = hex::decode_to_slice(&self.0, &mut digest);
        digest
    }

    pub(crate) fn pk(&self) -> String {
        format!("KEY#{}", self.0)
    }

    /// Of the key with this partition key.
    pub(crate) fn from_pk(pk: &str) -> Option<Self> {
        pk.strip_prefix("KEY#").map(|digest| Self(digest.to_owned()))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// A key, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name for people and for the operator's tool.
    pub id: KeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// How often: a copy of its merchant's contract.
    #[serde(flatten)]
    pub contract: Contract,
    /// When it was made.
    pub created: Timestamp,
    /// The last characters of its text, to tell keys apart.
    pub hint: String,
    /// Since when it is not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// From when on it will not be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl ApiKey {
    /// The tenant it speaks for.
    pub const fn tenant(&self) -> Tenant {
        Tenant { merchant: self.merchant, mode: self.mode }
    }

    /// Whether it is accepted at this instant.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether it is this merchant's, where one is named: `acct_…`, or the bare id.
    pub fn is_of(&self, merchant: Option<&str>) -> bool {
        let id = self.merchant.to_string();
        merchant.is_none_or(|merchant| merchant.strip_prefix("acct_").unwrap_or(merchant) == id)
    }
}

pub(crate) fn key_of(item: Item) -> Result<ApiKey, StoreError> {
    format::check(&item, FORMAT)?;
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|e| StoreError::BadItem { key: "KEY#…".into(), detail: e.to_string() })
}

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The digest of its text.
    pub hash: KeyHash,
    /// Everything else.
    pub key: ApiKey,
}

impl Reader {
    /// Accepts a key without counting: one read of 1 unit. `None` when there is no such key or it is revoked or expired.
    pub async fn find_key(&self, hash: &KeyHash, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        let item = self.read_item(&self.tables.keys, &hash.pk(), true).await?;
        let key = item.map(key_of).transpose()?;
        Ok(key.filter(|key| key.is_live(now)))
    }
}
