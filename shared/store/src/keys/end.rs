//! Revoking a key, or giving it an end.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemInput,
    types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, builders::UpdateBuilder},
};
use tollgate_domain::Timestamp;

use super::{
    key::{ApiKey, KeyHash},
    live::live_pk,
};
use crate::{
    Changed, Writer,
    attributes::{SK, n, s},
    db::{Conditional, Transacted},
    error::StoreError,
};

impl Writer {
    /// Revokes a key. A revoked key keeps its time of revocation. A transaction of 2 writes.
    pub async fn revoke_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let revoke = Update::builder()
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :at)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", n(now.ms()));
        let forget = Update::builder()
            .update_expression("REMOVE live.#id ADD version :one")
            .condition_expression("attribute_exists(pk)");
        self.end_key(hash, key, revoke, forget).await
    }

    /// Sets the end of a key. An end can only move nearer, and may be set again; `Missing` if the key has ended
    /// or ends earlier. A transaction of 2 writes.
    pub async fn expire_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let expire = Update::builder()
            .update_expression("SET expires_at = :at")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) \
                 AND (attribute_not_exists(expires_at) OR (expires_at >= :at AND expires_at > :now))",
            )
            .expression_attribute_values(":at", n(at.ms()))
            .expression_attribute_values(":now", n(now.ms()));
        let note = Update::builder()
            .update_expression("SET live.#id = :end ADD version :one")
            .condition_expression("attribute_exists(live.#id)")
            .expression_attribute_values(":end", n(at.ms()));
        self.end_key(hash, key, expire, note).await
    }

    /// Changes a key and its entry in the live keys, or only the key if it has no entry.
    async fn end_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
        change: UpdateBuilder,
        note: UpdateBuilder,
    ) -> Result<Changed, StoreError> {
        let table = &self.tables.keys;
        let change = change
            .table_name(table)
            .key("pk", s(hash.pk()))
            .key("sk", s(SK))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let note = note
            .table_name(table)
            .key("pk", s(live_pk(key.tenant())))
            .key("sk", s(SK))
            .expression_attribute_names("#id", key.id.to_string())
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let alone = UpdateItemInput::builder()
            .table_name(table)
            .set_key(Some(change.key().clone()))
            .update_expression(change.update_expression())
            .set_condition_expression(change.condition_expression().map(str::to_owned))
            .set_expression_attribute_values(change.expression_attribute_values().cloned());
        let both = vec![
            TransactWriteItem::builder().update(change).build(),
            TransactWriteItem::builder().update(note).build(),
        ];
        match self.db.transact_write_items(both).await? {
            Transacted::Done => Ok(Changed::Done),
            Transacted::Refused(refused) if refused.first().is_some_and(Option::is_some) => {
                Ok(Changed::Missing)
            }
            Transacted::Refused(_) => Ok(match self.db.update_item(alone).await? {
                Conditional::Done(_) => Changed::Done,
                Conditional::Refused(_) => Changed::Missing,
            }),
        }
    }
}
