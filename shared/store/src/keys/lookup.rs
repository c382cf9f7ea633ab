//! Finding a key.

use std::collections::HashMap;

use tollgate_domain::{KeyId, MerchantId, Tenant, Timestamp};

use super::{
    index::Walk,
    key::{ApiKey, KeyHash, key_of},
    live::{LiveKeys, live_pk},
};
use crate::{Reader, attributes::string_of, error::StoreError};

/// The partition key of the item that names the key with this id.
pub(super) fn id_pk(merchant: MerchantId, id: KeyId) -> String {
    format!("KID#{merchant}#{id}")
}

impl Reader {
    /// Finds an accepted key without counting a request: one read of 1 unit. `None` if there is none, or it
    /// is revoked or expired.
    pub async fn find_key(&self, hash: &KeyHash, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        let item = self.read_item(&self.tables.keys, &hash.pk()).await?;
        let key = item.map(key_of).transpose()?;
        Ok(key.filter(|key| key.is_live(now)))
    }

    /// Finds a key by id in any state: two reads of 1 unit. A key of the first releases also takes the pages
    /// of the index up to it.
    pub async fn key_by_id(
        &self,
        merchant: MerchantId,
        id: KeyId,
    ) -> Result<Option<(KeyHash, ApiKey)>, StoreError> {
        let mut pk = self.pk_of_id(merchant, id).await?;
        if pk.is_none() {
            self.walk(merchant, |index_pk, key| {
                if key.id != id {
                    return Ok(Walk::On);
                }
                pk = Some(index_pk);
                Ok(Walk::Enough)
            })
            .await?;
        }
        let Some(hash) = pk.as_deref().and_then(KeyHash::from_pk) else {
            return Ok(None);
        };
        let key = self.key_of_hash(&hash).await?;
        Ok(key.map(|key| (hash, key)))
    }

    /// Finds a key by digest in any state. One read of 1 unit.
    pub async fn key_of_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let item = self.read_item(&self.tables.keys, &hash.pk()).await?;
        item.map(key_of).transpose()
    }

    /// The partition key of the key with this id. One read of 1 unit.
    pub(super) async fn pk_of_id(
        &self,
        merchant: MerchantId,
        id: KeyId,
    ) -> Result<Option<String>, StoreError> {
        let item = self.read_item(&self.tables.keys, &id_pk(merchant, id)).await?;
        Ok(item.and_then(|item| string_of(&item, "key").map(str::to_owned)))
    }

    /// The tenant's live keys, and whether their item exists. Without the item they come from the index.
    pub(super) async fn live_keys(
        &self,
        tenant: Tenant,
        now: Timestamp,
    ) -> Result<(LiveKeys, bool), StoreError> {
        let item = self.read_item(&self.tables.keys, &live_pk(tenant)).await?;
        if let Some(item) = item {
            return Ok((LiveKeys::read(&item)?, true));
        }
        let mut live = LiveKeys { version: 0, ends: HashMap::new() };
        self.walk(tenant.merchant, |_, key| {
            if key.mode == tenant.mode && key.is_live(now) {
                live.ends.insert(key.id.to_string(), key.expires_at.map(Timestamp::ms));
            }
            Ok(Walk::On)
        })
        .await?;
        Ok((live, false))
    }
}
