//! Reading and writing one item of its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::{batch_get_item::BatchGetItemInput, get_item::GetItemInput, put_item::PutItemInput},
    types::{
        AttributeValue, KeysAndAttributes, Put as PutOperation, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};
use tollgate_domain::Tenant;

use crate::{
    Reader, Writer,
    db::Conditional,
    entity::{Entity, from_item, pk, to_item},
    error::StoreError,
};

/// Items that one call may read.
const BATCH: usize = 100;
/// Calls for one batch, whose answers may each leave some items out.
const BATCH_TRIES_MAX: u32 = 5;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The sort key of a thing's own item; its parts have others.
pub(crate) const SK: &str = "#";

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{number}"))
}

/// A put of a transaction under a condition, in which one value may stand. What is in its way is shown.
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

/// The condition under which only what is not there yet is put.
pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

/// What became of a create.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "something else may have that id"]
pub enum Put<E> {
    /// It was made.
    Created,
    /// Something of that id is there already: this.
    Exists(E),
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum Replaced<E> {
    /// It was made.
    Done,
    /// Another change came first: the item as it is now, or `None` when it is gone.
    Conflict(Option<E>),
}

/// What became of a change to attributes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "there may be no such item"]
pub enum Changed {
    /// It was made.
    Done,
    /// There is no such item.
    Missing,
}

impl Reader {
    pub(crate) fn table_of<E: Entity>(&self) -> &str {
        if E::IN_EVENTS_TABLE { &self.tables.events } else { &self.tables.main }
    }

    /// Reads one item by its key. One call, 0.5 units (1 when `consistent`) per 4 KB.
    pub async fn get<E: Entity>(
        &self,
        tenant: Tenant,
        id: &str,
        consistent: bool,
    ) -> Result<Option<E>, StoreError> {
        self.get_by_key(&pk(tenant, E::CODE, id), consistent).await
    }

    /// Reads one item by its whole partition key, as [`crate::DueItem`] carries it.
    pub async fn get_by_key<E: Entity>(&self, pk: &str, consistent: bool) -> Result<Option<E>, StoreError> {
        let item = self.read_item(self.table_of::<E>(), pk, consistent).await?;
        item.map(from_item).transpose()
    }

    /// Reads an item of any table as it is. One call, 0.5 units (1 when `consistent`) per 4 KB.
    pub(crate) async fn read_item(
        &self,
        table: &str,
        pk: &str,
        consistent: bool,
    ) -> Result<Option<Item>, StoreError> {
        let request = GetItemInput::builder()
            .table_name(table)
            .key("pk", s(pk))
            .key("sk", s(SK))
            .consistent_read(consistent);
        self.db.get_item(request).await
    }

    /// Reads several items by their ids, in no particular order; those that do not exist are left out. One call for each
    /// hundred, 1 unit per 4 KB of each item: what was written a moment ago is found.
    pub async fn get_many<E: Entity>(&self, tenant: Tenant, ids: &[String]) -> Result<Vec<E>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let mut wanted = ids
                .iter()
                .map(|id| {
                    HashMap::from([("pk".to_owned(), s(pk(tenant, E::CODE, id))), ("sk".to_owned(), s(SK))])
                })
                .collect::<Vec<_>>();
            for _ in 0..BATCH_TRIES_MAX {
                if wanted.is_empty() {
                    break;
                }
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|e| StoreError::BadValue(e.to_string()))?;
                let request = BatchGetItemInput::builder().request_items(self.table_of::<E>(), keys);
                let read = self.db.batch_get_item(request).await?;
                for item in read.responses.unwrap_or_default().into_values().flatten() {
                    found.push(from_item(item)?);
                }
                wanted = read
                    .unprocessed_keys
                    .unwrap_or_default()
                    .into_values()
                    .flat_map(|keys| keys.keys)
                    .collect();
            }
            if !wanted.is_empty() {
                return Err(StoreError::Contended { key: E::CODE.to_owned(), attempts: BATCH_TRIES_MAX });
            }
        }
        Ok(found)
    }
}

impl Writer {
    /// Makes an item unless its id is taken. One call; 1 unit per KB, and as much again for each index it is in.
    ///
    /// The condition is the idempotency check. A put that the SDK sent twice because the first answer was lost finds
    /// its own item, known by the request's id, and counts as made.
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

    /// Replaces an item by its next version, if nobody else did. One call, cost as [`Writer::create`].
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

    /// Writes an event anew in place of the one that is there; one that has expired stays gone. One call, cost as
    /// [`Writer::create`].
    pub async fn rewrite_event(
        &self,
        tenant: Tenant,
        event: &tollgate_domain::Event,
    ) -> Result<(), StoreError> {
        // What refuses it is that there is none.
        let _ = self.put_if(tenant, event, "attribute_exists(pk)", None).await?;
        Ok(())
    }

    /// Puts an item under a condition; `Some` of the item that is there when it does not hold.
    async fn put_if<E: Entity>(
        &self,
        tenant: Tenant,
        entity: &E,
        condition: &str,
        value: Option<(&str, AttributeValue)>,
    ) -> Result<Option<Option<E>>, StoreError> {
        let request = PutItemInput::builder()
            .table_name(self.table_of::<E>())
            .set_item(Some(to_item(tenant, entity)?))
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

/// Whether an item that was found is what this very request wrote. Things that no request writes have no request id.
pub(crate) fn ours<E: Entity>(existing: &E, written: &E) -> bool {
    !written.request_id().is_empty() && existing.request_id() == written.request_id()
}
