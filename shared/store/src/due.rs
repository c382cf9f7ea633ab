//! Due work: a sparse index of the items that have to be processed at a certain time.
//!
//! `gsi3pk` is `DUE#<kind>#<shard>`. `gsi3sk` is the due time; after a claim it is the end of the claim, the
//! number of claims, the time at which the item was due first, and who claimed it: `<ms>#<claims>#<ms>#<by>`. A
//! claim changes only this key. The next write of the item sets it anew.

use aws_sdk_dynamodb::operation::{query::QueryInput, update_item::UpdateItemInput};
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use tollgate_domain::{EndpointId, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    attributes::{Item, SK, s, sortable, string_of},
    db::Conditional,
    due_kind::{DueKind, held_partition},
    entity::{Entity, from_item},
    error::StoreError,
};

/// An entry of the due index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    /// The tenant.
    pub tenant: Tenant,
    /// The item's partition key.
    pub pk: String,
    /// When it was due first.
    pub since: Timestamp,
    /// Claims since then.
    pub claims: u32,
    /// The sort key of the entry.
    key: String,
}

impl DueItem {
    /// The entry of an item that is due at `at` and was not claimed.
    pub fn unclaimed(tenant: Tenant, pk: impl Into<String>, at: Timestamp) -> Self {
        Self { tenant, pk: pk.into(), since: at, claims: 0, key: sortable(at) }
    }
}

/// An item that was claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The tenant.
    pub tenant: Tenant,
    /// The item's partition key.
    pub pk: String,
    /// The claim, as [`Writer::postpone_due`] takes it.
    pub claim: String,
    item: Item,
}

impl Claimed {
    /// The request that wrote the item; empty if no request did.
    pub fn request_id(&self) -> &str {
        string_of(&self.item, "request_id").unwrap_or_default()
    }

    /// The item as it was claimed.
    pub fn read<E: Entity>(&self) -> Result<E, StoreError> {
        from_item(self.item.clone())
    }
}

/// The sort key of an item that is claimed until `until`.
fn claimed_key(until: Timestamp, claims: u32, since: Timestamp, by: &str) -> String {
    format!("{}#{claims}#{}#{by}", sortable(until), sortable(since))
}

/// An entry of the index; `None` if its keys are not a tenant's.
fn entry(item: &Item) -> Option<DueItem> {
    let (pk, key) = (string_of(item, "pk")?, string_of(item, "gsi3sk")?);
    let tenant = Tenant::from_key(pk)?;
    let mut parts = key.split('#');
    let ms = |part: Option<&str>| part?.parse().ok().map(Timestamp::from_ms);
    let at = ms(parts.next())?;
    let claims = parts.next().and_then(|claims| claims.parse().ok()).unwrap_or(0);
    let since = ms(parts.next()).unwrap_or(at);
    Some(DueItem { tenant, pk: pk.to_owned(), since, claims, key: key.to_owned() })
}

impl Reader {
    /// Shards of the due index: [`crate::Tables::due_shards`].
    pub fn due_shards(&self) -> u8 {
        self.tables.due_shards
    }

    fn due_table(&self, kind: DueKind) -> &str {
        if kind.in_events_table() { &self.tables.events } else { &self.tables.main }
    }

    /// Lists the items of one shard of a kind that were due by `now`, the longest overdue first, at most
    /// `limit`; after an entry, those that follow it. One query of `gsi3` (keys only), 0.5 units per 4 KB.
    pub async fn due(
        &self,
        kind: DueKind,
        shard: u8,
        now: Timestamp,
        after: Option<&DueItem>,
        limit: i32,
    ) -> Result<Vec<DueItem>, StoreError> {
        let partition = kind.partition(shard);
        let start = after.map(|entry| {
            Item::from([
                ("pk".to_owned(), s(&entry.pk)),
                ("sk".to_owned(), s(SK)),
                ("gsi3pk".to_owned(), s(&partition)),
                ("gsi3sk".to_owned(), s(&entry.key)),
            ])
        });
        let request = QueryInput::builder()
            .table_name(self.due_table(kind))
            .index_name("gsi3")
            .key_condition_expression("gsi3pk = :pk AND gsi3sk < :after")
            .expression_attribute_values(":pk", s(&partition))
            // A claimed item's key goes on after the time.
            .expression_attribute_values(":after", s(sortable(now.plus_ms(1))))
            .set_exclusive_start_key(start)
            .limit(limit);
        let page = self.db.query(request).await?;
        Ok(page.items.unwrap_or_default().iter().filter_map(entry).collect())
    }

    /// Lists the ids of an endpoint's held deliveries, oldest first, at most `limit`. One query of `gsi3` (keys
    /// only), 0.5 units per 4 KB.
    pub async fn held_deliveries(
        &self,
        tenant: Tenant,
        endpoint: EndpointId,
        limit: i32,
    ) -> Result<Vec<String>, StoreError> {
        let request = QueryInput::builder()
            .table_name(&self.tables.events)
            .index_name("gsi3")
            .key_condition_expression("gsi3pk = :pk")
            .expression_attribute_values(":pk", s(held_partition(tenant, endpoint)))
            .limit(limit);
        let page = self.db.query(request).await?;
        let items = page.items.unwrap_or_default();
        let ids = items.iter().filter_map(|item| string_of(item, "gsi3sk")?.split_once('#'));
        Ok(ids.map(|(_, id)| id.to_owned()).collect())
    }
}

impl Writer {
    /// Claims a due item until `until`: it is not due before. `None` if it changed since it was found. `by`
    /// names the caller, so that it knows its own claim when an answer was lost. One call; 1 unit per KB of the
    /// item and 2 for the index.
    pub async fn claim_due(
        &self,
        kind: DueKind,
        found: &DueItem,
        until: Timestamp,
        by: &str,
    ) -> Result<Option<Claimed>, StoreError> {
        let claim = claimed_key(until, found.claims.saturating_add(1), found.since, by);
        let request = UpdateItemInput::builder()
            .table_name(self.due_table(kind))
            .key("pk", s(&found.pk))
            .key("sk", s(SK))
            .update_expression("SET gsi3sk = :claim")
            .condition_expression("gsi3sk = :found")
            .expression_attribute_values(":claim", s(&claim))
            .expression_attribute_values(":found", s(&found.key))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (Conditional::Done(item) | Conditional::Refused(item)) = self.db.update_item(request).await?;
        let ours = item.filter(|item| string_of(item, "gsi3sk") == Some(&claim));
        Ok(ours.map(|item| Claimed { tenant: found.tenant, pk: found.pk.clone(), claim, item }))
    }

    /// Moves a claimed item's due time to `until`, unless it changed since the claim; its claim is not counted.
    /// One call, cost as [`Writer::claim_due`].
    pub async fn postpone_due(
        &self,
        kind: DueKind,
        pk: &str,
        claim: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut parts = claim.split('#').skip(1);
        let claims: u32 = parts.next().and_then(|claims| claims.parse().ok()).unwrap_or(1);
        let since = parts.next().and_then(|ms| ms.parse().ok()).map_or(until, Timestamp::from_ms);
        let by = parts.next().unwrap_or_default();
        let request = UpdateItemInput::builder()
            .table_name(self.due_table(kind))
            .key("pk", s(pk))
            .key("sk", s(SK))
            .update_expression("SET gsi3sk = :until")
            .condition_expression("gsi3sk = :claim")
            .expression_attribute_values(":until", s(claimed_key(until, claims.saturating_sub(1), since, by)))
            .expression_attribute_values(":claim", s(claim));
        let (Conditional::Done(_) | Conditional::Refused(_)) = self.db.update_item(request).await?;
        Ok(())
    }
}
