//! Creating a key.

use std::collections::HashMap;

use tollgate_domain::{Tenant, Timestamp, access::LIVE_KEYS_MAX};

use super::{
    index::index_sk,
    key::{ApiKey, FORMAT, NewApiKey, key_of},
    live::{LiveKeys, live_pk},
    lookup::id_pk,
};
use crate::{
    Writer,
    attributes::{ABSENT, Item, SK, n, s},
    db::Transacted,
    error::StoreError,
    format,
    items::put_in_transaction,
};

/// Tries of the transaction; each conflict means that another request created or ended a key.
const TRIES_MAX: u32 = 16;

/// The result of creating a key.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the key may not have been made"]
pub enum KeyPut {
    /// It was created.
    Created,
    /// A key with the same text exists: this one.
    Exists(Box<ApiKey>),
    /// The tenant has [`LIVE_KEYS_MAX`] accepted keys.
    TooMany,
}

impl Writer {
    /// Creates a key unless its text is taken or the tenant has too many. A read and a transaction of 3
    /// writes (key with index, id, live keys: about 2 × 6 units). A tenant's first key also reads its pages
    /// of the index.
    pub async fn create_key(&self, new: &NewApiKey, now: Timestamp) -> Result<KeyPut, StoreError> {
        let tenant = new.key.tenant();
        for _ in 0..TRIES_MAX {
            let (mut live, is_kept) = self.live_keys(tenant, now).await?;
            live.prune(now);
            if live.ends.len() >= LIVE_KEYS_MAX {
                return Ok(match self.key_of_hash(&new.hash).await? {
                    Some(key) => KeyPut::Exists(Box::new(key)),
                    None => KeyPut::TooMany,
                });
            }
            let end = new.key.expires_at.map(Timestamp::ms);
            live.ends.insert(new.key.id.to_string(), end);
            match self.put_key(new, tenant, &live, is_kept).await? {
                Transacted::Done => return Ok(KeyPut::Created),
                Transacted::Refused(refused) => {
                    if let Some(Some(key)) = refused.into_iter().next() {
                        return Ok(KeyPut::Exists(Box::new(key_of(key)?)));
                    }
                }
            }
        }
        Err(StoreError::Contended { key: live_pk(tenant), attempts: TRIES_MAX })
    }

    async fn put_key(
        &self,
        new: &NewApiKey,
        tenant: Tenant,
        live: &LiveKeys,
        is_kept: bool,
    ) -> Result<Transacted, StoreError> {
        let table = &self.tables.keys;
        let merchant = new.key.merchant;
        let mut key = format::encode(&new.key, FORMAT)?;
        key.insert("pk".into(), s(new.hash.pk()));
        key.insert("sk".into(), s(SK));
        key.insert("gsi1pk".into(), s(format!("M#{merchant}")));
        key.insert("gsi1sk".into(), s(index_sk(new.key.created, new.key.id)));
        let mut by_id: Item = HashMap::from([
            ("pk".into(), s(id_pk(merchant, new.key.id))),
            ("sk".into(), s(SK)),
            ("key".into(), s(new.hash.pk())),
        ]);
        format::mark(&mut by_id, FORMAT);
        let (condition, version) = if is_kept {
            ("version = :version", Some((":version", n(live.version))))
        } else {
            (ABSENT, None)
        };
        let operations = vec![
            put_in_transaction(table, key, ABSENT, None)?,
            put_in_transaction(table, by_id, ABSENT, None)?,
            put_in_transaction(table, live.to_item(tenant), condition, version)?,
        ];
        self.db.transact_write_items(operations).await
    }
}
