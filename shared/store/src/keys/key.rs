//! API keys, identified by the digest of their text.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tollgate_domain::{Contract, KeyId, KeyKind, MerchantId, Mode, Permission, Tenant, Timestamp};

use crate::{attributes::Item, error::StoreError, format};

/// The format of the items of keys (see [`format`]).
pub(super) const FORMAT: u32 = 1;

/// The SHA-256 of a key's text, in hex. The text itself is not stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The digest of a key's text.
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// A known digest, from an access token.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(hex::encode(digest))
    }

    /// The digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        // The text always contains 32 bytes in hex.
        let _ = hex::decode_to_slice(&self.0, &mut digest);
        digest
    }

    pub(crate) fn pk(&self) -> String {
        format!("KEY#{}", self.0)
    }

    /// The digest in a partition key.
    pub(crate) fn from_pk(pk: &str) -> Option<Self> {
        pk.strip_prefix("KEY#").map(|digest| Self(digest.to_owned()))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// An API key, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The id, which is not secret.
    pub id: KeyId,
    /// The merchant.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// The permissions.
    pub scopes: Vec<Permission>,
    /// The rate limits: a copy of the merchant's contract.
    #[serde(flatten)]
    pub contract: Contract,
    /// When it was created.
    pub created: Timestamp,
    /// The last characters of the text, to tell keys apart.
    pub hint: String,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl ApiKey {
    /// The tenant whose requests it authenticates.
    pub const fn tenant(&self) -> Tenant {
        Tenant { merchant: self.merchant, mode: self.mode }
    }

    /// Whether it is accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether it belongs to this merchant, named `acct_…` or by bare id; true if none is named.
    pub fn is_of(&self, merchant: Option<&str>) -> bool {
        let id = self.merchant.to_string();
        merchant.is_none_or(|merchant| merchant.strip_prefix("acct_").unwrap_or(merchant) == id)
    }
}

pub(crate) fn key_of(item: Item) -> Result<ApiKey, StoreError> {
    format::decode(item, FORMAT)
}

/// A key to create.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The digest of its text.
    pub hash: KeyHash,
    /// Everything else.
    pub key: ApiKey,
}
