//! Reads and writes of single items.

use std::{collections::HashMap, time::Instant};

use aws_sdk_dynamodb::{
    operation::{
        batch_get_item::BatchGetItemInput,
        get_item::{GetItemInput, builders::GetItemInputBuilder},
        put_item::PutItemInput,
    },
    types::{
        AttributeValue, KeysAndAttributes, Put as PutOperation, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};
use tollgate_domain::Tenant;

use crate::{
    Reader, Writer,
    attributes::{ABSENT, Item, SK, n, pk, s, string_of},
    db::{Conditional, Wait},
    entity::{Entity, from_item, to_item},
    error::StoreError,
};

/// Most items that one call reads, by DynamoDB's limit.
const BATCH_ITEMS_MAX: usize = 100;
/// Most calls per batch; each may leave items unprocessed. Halved eight times, a hundred keys are read.
const BATCH_TRIES_MAX: u32 = 10;

fn get_request(table: &str, pk: &str) -> GetItemInputBuilder {
    GetItemInput::builder().table_name(table).key("pk", s(pk)).key("sk", s(SK))
}

/// A conditional put for a transaction; its condition may contain one value. A refusal returns the existing
/// item.
pub(crate) fn put_in_transaction(
    table: &str,
    item: Item,
    condition: &str,
    value: Option<(&str, AttributeValue)>,
) -> Result<TransactWriteItem, StoreError> {
    let put = PutOperation::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .set_expression_attribute_values(value.map(|(name, value)| HashMap::from([(name.to_owned(), value)])))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|e| StoreError::BadValue(e.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The result of a create.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "something else may have that id"]
pub enum Put<E> {
    /// It was created.
    Created,
    /// The id is taken, by this item.
    Exists(E),
}

/// The result of an update.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum Replaced<E> {
    /// It was replaced.
    Done,
    /// Another change came first: the current item, or `None` if it is gone.
    Conflict(Option<E>),
}

/// The result of a change of some attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "there may be no such item"]
pub enum Changed {
    /// They were changed.
    Done,
    /// The item does not exist.
    Missing,
}

impl Reader {
    pub(crate) fn table_of<E: Entity>(&self) -> &str {
        if E::IN_EVENTS_TABLE { &self.tables.events } else { &self.tables.main }
    }

    /// Reads one item by its id. One call, 1 unit per 4 KB; consistent.
    pub async fn get<E: Entity>(&self, tenant: Tenant, id: &str) -> Result<Option<E>, StoreError> {
        self.get_by_key(&pk(tenant, E::CODE, id)).await
    }

    /// Reads one item by its partition key, as in [`crate::DueItem`]. One call, 1 unit per 4 KB; consistent.
    pub async fn get_by_key<E: Entity>(&self, pk: &str) -> Result<Option<E>, StoreError> {
        let item = self.read_item(self.table_of::<E>(), pk).await?;
        item.map(from_item).transpose()
    }

    /// Reads an item of any table. One call, 1 unit per 4 KB; consistent.
    pub(crate) async fn read_item(&self, table: &str, pk: &str) -> Result<Option<Item>, StoreError> {
        self.db.get_item(get_request(table, pk).consistent_read(true)).await
    }

    /// Reads several items by id, in any order; missing ones are left out. One call per hundred, 1 unit per 4
    /// KB of each item; consistent.
    pub async fn get_many<E: Entity>(&self, tenant: Tenant, ids: &[String]) -> Result<Vec<E>, StoreError> {
        let keys: Vec<String> = ids.iter().map(|id| pk(tenant, E::CODE, id)).collect();
        let items = self.read_items(self.table_of::<E>(), &keys).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Reads several items by their partition keys, in any order; missing ones are left out. One call per hundred, 1
    /// unit per 4 KB of each item; consistent.
    pub(crate) async fn read_items(&self, table: &str, pks: &[String]) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(pks.len());
        for pks in pks.chunks(BATCH_ITEMS_MAX) {
            let key = |pk: &String| HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(SK))]);
            let mut wanted: Vec<Item> = pks.iter().map(key).collect();
            let mut wait = Wait::default();
            for _ in 0..BATCH_TRIES_MAX {
                if wanted.is_empty() {
                    break;
                }
                let began = Instant::now();
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|e| StoreError::BadValue(e.to_string()))?;
                let request = BatchGetItemInput::builder().request_items(table, keys);
                let read = self.db.batch_get_item(request).await?;
                found.extend(read.responses.unwrap_or_default().into_values().flatten());
                let unprocessed = read.unprocessed_keys.unwrap_or_default();
                wanted = unprocessed.into_values().flat_map(|keys| keys.keys).collect();
                if !wanted.is_empty() {
                    // DynamoDB leaves keys unread when the table is throttled.
                    wait.pass(began).await;
                }
            }
            if let Some(unread) = wanted.first() {
                let key = string_of(unread, "pk").unwrap_or_default().to_owned();
                return Err(StoreError::Contended { key, attempts: BATCH_TRIES_MAX });
            }
        }
        Ok(found)
    }

    /// Opens the first connection with a read of a missing item, so that no request has to wait for it.
    /// Errors are ignored: the connection is open even if the function may not read the table, and other
    /// errors recur with the first request.
    pub async fn warm_up(&self) {
        if let Err(error) = self.db.get_item(get_request(&self.tables.main, "WARM-UP")).await {
            tracing::debug!(%error, "warm-up read failed");
        }
    }
}

impl Writer {
    /// Creates an item unless its id is taken. One call; 1 unit per KB, and as much for each index that lists
    /// it.
    ///
    /// The condition is the idempotency check. If the SDK repeats a put whose answer was lost, the existing
    /// item has the request's id, and counts as created.
    pub async fn create<E: Entity>(&self, tenant: Tenant, entity: &E) -> Result<Put<E>, StoreError> {
        match self.put_if(tenant, entity, ABSENT, None).await? {
            None => Ok(Put::Created),
            Some(Some(existing)) if existing.version() == entity.version() && ours(&existing, entity) => {
                Ok(Put::Created)
            }
            Some(Some(existing)) => Ok(Put::Exists(existing)),
            Some(None) => {
                Err(StoreError::BadItem { key: entity.key_id(), detail: "exists but was not shown".into() })
            }
        }
    }

    /// Replaces an item with its next version, unless another change came first. One call, cost as
    /// [`Writer::create`].
    pub async fn replace<E: Entity>(&self, tenant: Tenant, next: &E) -> Result<Replaced<E>, StoreError> {
        let before = n(next.version().saturating_sub(1));
        match self.put_if(tenant, next, "version = :before", Some((":before", before))).await? {
            None => Ok(Replaced::Done),
            Some(Some(existing)) if existing.version() == next.version() && ours(&existing, next) => {
                Ok(Replaced::Done)
            }
            Some(existing) => Ok(Replaced::Conflict(existing)),
        }
    }

    /// Overwrites an existing event; one that has expired is not written again. One call, cost as
    /// [`Writer::create`].
    pub async fn rewrite_event(
        &self,
        tenant: Tenant,
        event: &tollgate_domain::Event,
    ) -> Result<(), StoreError> {
        // The condition fails if the event has expired.
        let _ = self.put_if(tenant, event, "attribute_exists(pk)", None).await?;
        Ok(())
    }

    /// The item of a resource that is about to be written.
    pub(crate) fn item_of<E: Entity>(&self, tenant: Tenant, entity: &E) -> Result<Item, StoreError> {
        for resource in entity.money() {
            self.meter().record_written(resource);
        }
        to_item(tenant, entity, self.tables.due_shards)
    }

    /// Puts an item under a condition; returns `Some` with the existing item if the condition fails.
    async fn put_if<E: Entity>(
        &self,
        tenant: Tenant,
        entity: &E,
        condition: &str,
        value: Option<(&str, AttributeValue)>,
    ) -> Result<Option<Option<E>>, StoreError> {
        let request = PutItemInput::builder()
            .table_name(self.table_of::<E>())
            .set_item(Some(self.item_of(tenant, entity)?))
            .condition_expression(condition)
            .set_expression_attribute_values(
                value.map(|(name, value)| HashMap::from([(name.to_owned(), value)])),
            )
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.db.put_item(request).await? {
            Conditional::Done(_) => Ok(None),
            Conditional::Refused(existing) => Ok(Some(existing.map(from_item).transpose()?)),
        }
    }
}

/// Whether an existing item was written by this same request. Versions that no request wrote have no request
/// id.
pub(crate) fn ours<E: Entity>(existing: &E, written: &E) -> bool {
    !written.request_id().is_empty() && existing.request_id() == written.request_id()
}
