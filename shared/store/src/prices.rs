//! Writes of prices together with the merchant's own keys for them.
//!
//! A lookup key is an item of its own that names the price which has it, so no two prices have one at a time.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use sha2::{Digest, Sha256};
use tollgate_domain::{PriceId, Tenant, billing::Price};

use crate::{
    Reader, Writer,
    attributes::{ABSENT, Item, SK, n, s, string_of},
    db::Transacted,
    entity::{Entity, from_item},
    error::StoreError,
    items::{ours, put_in_transaction},
};

/// The type code of a lookup key's item.
const CODE: &str = "LUK";
/// The attribute with the price.
const PRICE: &str = "price";

/// The result of a write of a price.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum PricePut {
    /// It was written.
    Done,
    /// It was not written: the price is this one.
    Exists(Box<Price>),
    /// It was not written: another price has the lookup key.
    KeyTaken,
    /// It was not written: another change came first, and the price is gone or has lost its key.
    Changed,
}

/// The partition of a lookup key. A digest, since the merchant chooses the text.
fn key_pk(tenant: Tenant, key: &str) -> String {
    format!("{tenant}{CODE}#{}", hex::encode(&Sha256::digest(key.as_bytes())[..16]))
}

impl Reader {
    /// The price that has a lookup key. One call, 1 unit.
    pub async fn price_of_lookup_key(
        &self,
        tenant: Tenant,
        key: &str,
    ) -> Result<Option<PriceId>, StoreError> {
        let item = self.read_item(&self.tables.main, &key_pk(tenant, key)).await?;
        let Some(item) = item else { return Ok(None) };
        let id = string_of(&item, PRICE).and_then(|id| id.parse().ok());
        id.map(Some).ok_or_else(|| StoreError::BadValue("a lookup key names no price".into()))
    }
}

impl Writer {
    /// Writes the first version of a price, or the one after `before`, and with it whose its lookup keys are: all or
    /// nothing. One call; 2 units per KB of each item, and as much for each index.
    pub async fn write_price(
        &self,
        tenant: Tenant,
        before: Option<&Price>,
        price: &Price,
    ) -> Result<PricePut, StoreError> {
        let table = &self.tables.main;
        let item = self.item_of(tenant, price)?;
        let mut operations = vec![match before {
            None => put_in_transaction(table, item, ABSENT, None)?,
            Some(before) => {
                put_in_transaction(table, item, "version = :before", Some((":before", n(before.version))))?
            }
        }];
        let had = before.and_then(|before| before.details.lookup_key.as_deref());
        let has = price.details.lookup_key.as_deref();
        if had != has {
            if let Some(key) = had {
                operations.push(self.release(tenant, key, price.id)?);
            }
            if let Some(key) = has {
                let entry = Item::from([
                    ("pk".to_owned(), s(key_pk(tenant, key))),
                    ("sk".to_owned(), s(SK)),
                    ("t".to_owned(), s(CODE)),
                    (PRICE.to_owned(), s(price.id.to_string())),
                ]);
                operations.push(put_in_transaction(table, entry, ABSENT, None)?);
            }
        }
        let refused = match self.db.transact_write_items(operations).await? {
            Transacted::Done => return Ok(PricePut::Done),
            Transacted::Refused(items) => items,
        };
        let mut found = refused.into_iter().flatten();
        let of_price = |item: &Item| string_of(item, "t").is_some_and(|code| code == Price::CODE);
        let existing = found.clone().find(of_price).map(from_item::<Price>).transpose()?;
        Ok(match existing {
            Some(existing) if existing.version == price.version && ours(&existing, price) => PricePut::Done,
            Some(existing) => PricePut::Exists(Box::new(existing)),
            None if found.any(|item| string_of(&item, PRICE) != Some(&price.id.to_string())) => {
                PricePut::KeyTaken
            }
            None => PricePut::Changed,
        })
    }

    /// Gives a lookup key back, if it is this price's.
    fn release(&self, tenant: Tenant, key: &str, price: PriceId) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.tables.main)
            .key("pk", s(key_pk(tenant, key)))
            .key("sk", s(SK))
            .condition_expression("price = :price")
            .expression_attribute_values(":price", s(price.to_string()))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
