//! Which payments have a merchant's order number in their metadata.
//!
//! Each such payment has an entry, an item of its own: its partition is the order number's digest, its sort key the
//! payment's place in lists. Payments without an order number have none. Entries are written by the stream, so they
//! trail their payments by moments, and stay when a payment's metadata changes: a list reads the payments and keeps
//! those that still match.

use aws_sdk_dynamodb::operation::{put_item::PutItemInput, query::QueryInput};
use sha2::{Digest, Sha256};
use tollgate_domain::{PaymentId, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    attributes::{Item, SK, s, sortable, string_of},
    entity::Entity,
    error::StoreError,
};

/// The type code in keys and in the attribute `t`.
const CODE: &str = "ORD";
/// The item that says that every payment of the table has its entry.
const ALL_INDEXED: &str = "ORDERS#indexed";

/// The partition of an order number's payments. A digest, since the merchant chooses the text.
pub(crate) fn order_partition(tenant: Tenant, order: &str) -> String {
    let digest = Sha256::digest(order.as_bytes());
    format!("{tenant}{CODE}#{}", hex::encode(&digest[..16]))
}

/// A part of the entries of an order.
pub(crate) struct Part<'a> {
    pub(crate) partition: &'a str,
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) newer: bool,
    pub(crate) limit: usize,
}

impl Reader {
    /// Whether every payment has its entry: those of before this release get theirs from the operator's tool. One call,
    /// 1 unit.
    pub async fn orders_are_indexed(&self) -> Result<bool, StoreError> {
        Ok(self.read_item(&self.tables.main, ALL_INDEXED).await?.is_some())
    }

    /// The resources of some entries, in their order, and whether there are more. One query, 0.5 units per 4 KB of entries,
    /// and one read for up to a hundred, 1 unit each.
    pub(crate) async fn list_of_order<E: Entity>(
        &self,
        tenant: Tenant,
        part: Part<'_>,
    ) -> Result<(Vec<E>, bool), StoreError> {
        let request = QueryInput::builder()
            .table_name(&self.tables.main)
            .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", s(part.partition))
            .expression_attribute_values(":low", s(part.low))
            .expression_attribute_values(":high", s(part.high))
            .scan_index_forward(part.newer)
            .limit(i32::try_from(part.limit).unwrap_or(i32::MAX));
        let page = self.db.query(request).await?;
        let more = page.last_evaluated_key.is_some_and(|key| !key.is_empty());
        let entries = page.items.unwrap_or_default();
        let ids = entries.iter().filter_map(|item| string_of(item, "sk")?.split_once('#'));
        let ids: Vec<String> = ids.map(|(_, id)| id.to_owned()).collect();
        let mut found: Vec<E> = self.get_many(tenant, &ids).await?;
        found.sort_by_key(|entity| ids.iter().position(|id| *id == entity.key_id()));
        Ok((found, more))
    }
}

impl Writer {
    /// Writes the entry of a payment that has an order number; repeated, it changes nothing. One call, 1 unit.
    pub async fn index_order(
        &self,
        tenant: Tenant,
        order: &str,
        payment: PaymentId,
        created: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = Item::from([
            ("pk".to_owned(), s(order_partition(tenant, order))),
            ("sk".to_owned(), s(format!("{}#{payment}", sortable(created)))),
            ("t".to_owned(), s(CODE)),
        ]);
        self.put_plain(entry).await
    }

    /// Records that every payment has its entry. One call, 1 unit.
    pub async fn set_orders_indexed(&self) -> Result<(), StoreError> {
        let marker =
            [("pk", ALL_INDEXED), ("sk", SK), ("t", CODE)].map(|(name, text)| (name.to_owned(), s(text)));
        self.put_plain(Item::from(marker)).await
    }

    async fn put_plain(&self, item: Item) -> Result<(), StoreError> {
        let request = PutItemInput::builder().table_name(&self.tables.main).set_item(Some(item));
        self.db.put_item(request).await?.unconditional()?;
        Ok(())
    }
}
