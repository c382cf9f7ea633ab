//! The items of checks of the ledger, and what they read: a tenant's items in the order of their creation, and items by their
//! keys.

use aws_sdk_dynamodb::operation::query::QueryInput;
use tollgate_domain::{Tenant, Timestamp, ledger::LedgerCheck};

use crate::{
    Reader,
    attributes::{s, string_of},
    copies::StoredItem,
    due_kind::DueKind,
    entity::Entity,
    error::StoreError,
};

/// There is one check for each tenant.
impl Entity for LedgerCheck {
    const CODE: &'static str = "LCK";

    fn key_id(&self) -> String {
        Self::KEY_ID.to_owned()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        Some((DueKind::LedgerCheck, self.due))
    }
    fn listed(&self) -> bool {
        false
    }
}

/// A page of a tenant's items, oldest first.
#[derive(Clone, Debug)]
pub struct OldestPage {
    /// The items, each with its place in the list.
    pub items: Vec<(String, StoredItem)>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Reader {
    /// Lists a tenant's items of the type with this code, oldest first, after a place: at most `limit`, or 1 MB. One query of
    /// `gsi1`, 0.5 units per 4 KB. The index lags the table by moments.
    pub async fn list_oldest(
        &self,
        tenant: Tenant,
        code: &str,
        after: Option<&str>,
        limit: i32,
    ) -> Result<OldestPage, StoreError> {
        let request = QueryInput::builder()
            .table_name(&self.tables.main)
            .index_name("gsi1")
            .key_condition_expression("gsi1pk = :pk AND gsi1sk > :after")
            .expression_attribute_values(":pk", s(format!("{tenant}{code}")))
            // Every place begins with a time. DynamoDB refuses an empty string as the value of a key.
            .expression_attribute_values(":after", s(after.unwrap_or("!")))
            .limit(limit);
        let page = self.db.query(request).await?;
        let has_more = page.last_evaluated_key.is_some_and(|key| !key.is_empty());
        let place = |item: &_| string_of(item, "gsi1sk").unwrap_or_default().to_owned();
        let items = page.items.unwrap_or_default();
        Ok(OldestPage {
            items: items.into_iter().map(|item| (place(&item), StoredItem::new(item))).collect(),
            has_more,
        })
    }

    /// Reads several items of the main table by their partition keys, in any order; missing ones are left out. One call per
    /// hundred, 1 unit per 4 KB of each item; consistent.
    pub async fn stored_items(&self, keys: &[String]) -> Result<Vec<StoredItem>, StoreError> {
        let items = self.read_items(&self.tables.main, keys).await?;
        Ok(items.into_iter().map(StoredItem::new).collect())
    }
}
