//! Due work: a sparse index of everything that has to be looked at at some time.

use aws_sdk_dynamodb::operation::query::QueryInput;
use sha2::{Digest, Sha256};
use tollgate_domain::{Tenant, Timestamp};

use crate::{Reader, entity::sortable, error::StoreError, items::s};

/// Partitions of each kind's due work: enough that no single one is hot, few enough to ask all of them every minute.
pub(crate) const SHARDS: u8 = 4;

/// What has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueKind {
    /// A payment that is stuck in flight, or whose challenge nobody answered.
    Payment,
    /// A refund that is stuck in flight.
    Refund,
    /// A customer whose erasure is not finished.
    Customer,
    /// A webhook delivery whose next attempt is due, or was lost.
    Delivery,
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    /// Whose it is.
    pub tenant: Tenant,
    /// The item's partition key.
    pub pk: String,
}

impl DueKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Payment, Self::Refund, Self::Customer, Self::Delivery];

    const fn code(self) -> &'static str {
        match self {
            Self::Payment => "PAY",
            Self::Refund => "REF",
            Self::Customer => "CUS",
            Self::Delivery => "DLV",
        }
    }

    const fn in_events_table(self) -> bool {
        matches!(self, Self::Delivery)
    }

    pub(crate) fn keys(self, pk: &str, at: Timestamp) -> (String, String) {
        let shard = Sha256::digest(pk.as_bytes())[0] % SHARDS;
        (format!("DUE#{}#{shard}", self.code()), sortable(at))
    }
}

impl Reader {
    /// What of a kind was due by `now`, the longest overdue first, at most `limit` of each shard: [`SHARDS`] queries of
    /// `gsi3` (keys only), 0.5 units each per 4 KB.
    pub async fn due(&self, kind: DueKind, now: Timestamp, limit: i32) -> Result<Vec<DueItem>, StoreError> {
        let table = if kind.in_events_table() { &self.tables.events } else { &self.tables.main };
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            let request = QueryInput::builder()
                .table_name(table)
                .index_name("gsi3")
                .key_condition_expression("gsi3pk = :pk AND gsi3sk <= :now")
                .expression_attribute_values(":pk", s(format!("DUE#{}#{shard}", kind.code())))
                .expression_attribute_values(":now", s(sortable(now)))
                .limit(limit);
            let page = self.db.query(request).await?;
            for item in page.items.unwrap_or_default() {
                let Some(pk) = item.get("pk").and_then(|v| v.as_s().ok()) else {
                    continue;
                };
                if let Some(tenant) = Tenant::from_key(pk) {
                    due.push(DueItem { tenant, pk: pk.clone() });
                }
            }
        }
        Ok(due)
    }
}
