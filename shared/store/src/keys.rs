//! API keys: found by a digest of their text, metered in the same round trip.

use std::{
    fmt::{self, Write as _},
    time::Instant,
};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnConsumedCapacity, ReturnValue},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tollgate_domain::{KeyId, KeyKind, MerchantId, Mode, Permission, Scope, Tier, Timestamp, rate};

use crate::{
    Store,
    error::StoreError,
    items::{Item, SK, n, s},
};

/// Begins the name of a counter attribute; the number of its bucket follows.
const COUNTER: &str = "r";
/// Buckets behind the window that every request clears. A key that rests for longer leaves a few counters behind,
/// which the first request after the rest clears in a write of its own.
const CLEARED_BUCKETS: i64 = 6;
/// Most keys of a merchant that are listed.
const MAX_KEYS: i32 = 100;

/// The SHA-256 of a key's text, in hex: all that is stored of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// Of a key as the caller sent it.
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    fn pk(&self) -> String {
        format!("KEY#{}", self.0)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// A key, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name for people and for the operator's tool.
    pub id: KeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// How often.
    pub tier: Tier,
    /// When it was made.
    pub created: Timestamp,
    /// The last characters of its text, to tell keys apart.
    pub hint: String,
    /// Since when it is not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// From when on it will not be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl ApiKey {
    /// The tenant it speaks for.
    pub const fn scope(&self) -> Scope {
        Scope {
            merchant: self.merchant,
            mode: self.mode,
        }
    }
}

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The digest of its text.
    pub hash: KeyHash,
    /// Everything else.
    pub key: ApiKey,
}

/// A key that was accepted and counted.
#[derive(Clone, Debug)]
pub struct Metered {
    /// The key.
    pub key: ApiKey,
    /// Requests by bucket, this one included.
    pub counts: Vec<(i64, i64)>,
    /// The bucket this request was counted in.
    pub bucket: i64,
}

impl Store {
    /// Accepts a key and counts a request in one `UpdateItem` of 1 unit: `None` when there is no such key or it is
    /// revoked or expired.
    ///
    /// A counter's attribute is named by its bucket, so the window needs no reset and no second trip: the same
    /// expression adds to the current one and removes those that have left the window.
    pub async fn meter_key(&self, hash: &KeyHash, now: Timestamp) -> Result<Option<Metered>, StoreError> {
        let bucket = rate::bucket_at(now);
        let oldest = bucket - rate::BUCKETS + 1;
        let behind: Vec<i64> = (oldest - CLEARED_BUCKETS..oldest).collect();
        let Some(item) = self.update_counters(hash, bucket, 1, &behind, Some(now)).await? else {
            return Ok(None);
        };
        let counts: Vec<(i64, i64)> = item
            .iter()
            .filter_map(|(name, value)| {
                Some((
                    name.strip_prefix(COUNTER)?.parse().ok()?,
                    value.as_n().ok()?.parse().ok()?,
                ))
            })
            .collect();
        let left_behind: Vec<i64> = counts
            .iter()
            .map(|(b, _)| *b)
            .filter(|b| *b < oldest)
            .take(50)
            .collect();
        if !left_behind.is_empty() {
            self.update_counters(hash, bucket, 0, &left_behind, None).await?;
        }
        let key = serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|e| StoreError::BadItem {
            key: "KEY#…".into(),
            detail: e.to_string(),
        })?;
        Ok(Some(Metered { key, counts, bucket }))
    }

    /// Gives a token back: a replay of an idempotent request, or a refusal, costs nothing. One call, 1 unit.
    pub async fn give_token_back(&self, hash: &KeyHash, bucket: i64) -> Result<(), StoreError> {
        self.update_counters(hash, bucket, -1, &[], None)
            .await
            .map(|_| ())
    }

    async fn update_counters(
        &self,
        hash: &KeyHash,
        bucket: i64,
        add: i64,
        remove: &[i64],
        valid_at: Option<Timestamp>,
    ) -> Result<Option<Item>, StoreError> {
        let began = Instant::now();
        let mut expression = String::from("ADD #bucket :add");
        let mut condition = String::from("attribute_exists(pk)");
        let mut update = self
            .db
            .update_item()
            .table_name(&self.tables.keys)
            .key("pk", s(hash.pk()))
            .key("sk", s(SK))
            .expression_attribute_names("#bucket", format!("{COUNTER}{bucket}"))
            .expression_attribute_values(":add", n(add))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        for (at, old) in remove.iter().enumerate() {
            expression.push_str(if at == 0 { " REMOVE " } else { ", " });
            let _ = write!(expression, "#o{at}");
            update = update.expression_attribute_names(format!("#o{at}"), format!("{COUNTER}{old}"));
        }
        if let Some(now) = valid_at {
            condition.push_str(
                " AND attribute_not_exists(revoked_at) AND (attribute_not_exists(expires_at) OR expires_at > :now)",
            );
            update = update.expression_attribute_values(":now", n(now.ms()));
        }
        match update
            .update_expression(expression)
            .condition_expression(condition)
            .send()
            .await
        {
            Ok(done) => {
                self.meter
                    .record("UpdateItem", began, true, &done.consumed_capacity);
                Ok(done.attributes)
            }
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), UpdateItemError::ConditionalCheckFailedException(_)) =>
            {
                self.meter.record("UpdateItem", began, true, None);
                Ok(None)
            }
            Err(error) => Err(StoreError::aws("UpdateItem", error)),
        }
    }

    /// Stores a key. One call, 1 unit and its index write; `false` when the very same key exists.
    pub async fn create_key(&self, new: &NewApiKey) -> Result<bool, StoreError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(&new.key)
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        item.insert("pk".into(), s(new.hash.pk()));
        item.insert("sk".into(), s(SK));
        item.insert("gsi1pk".into(), s(format!("M#{}", new.key.merchant)));
        item.insert(
            "gsi1sk".into(),
            s(format!(
                "{}#{}",
                crate::entity::sortable(new.key.created),
                new.key.id
            )),
        );
        let began = Instant::now();
        let put = self
            .db
            .put_item()
            .table_name(&self.tables.keys)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            Ok(done) => {
                self.meter.record("PutItem", began, true, &done.consumed_capacity);
                Ok(true)
            }
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::aws("PutItem", error)),
        }
    }

    /// A merchant's keys, oldest first, at most 100. One query of the index that leaves the counters out.
    pub async fn list_keys(&self, merchant: MerchantId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(self
            .key_items(merchant)
            .await?
            .into_iter()
            .map(|(_, key)| key)
            .collect())
    }

    async fn key_items(&self, merchant: MerchantId) -> Result<Vec<(String, ApiKey)>, StoreError> {
        let began = Instant::now();
        let page = self
            .db
            .query()
            .table_name(&self.tables.keys)
            .index_name("gsi1")
            .key_condition_expression("gsi1pk = :pk")
            .expression_attribute_values(":pk", s(format!("M#{merchant}")))
            .limit(MAX_KEYS)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|e| StoreError::aws("Query", e))?;
        self.meter.record("Query", began, false, &page.consumed_capacity);
        page.items
            .unwrap_or_default()
            .into_iter()
            .map(|item| {
                let pk = item
                    .get("pk")
                    .and_then(|v| v.as_s().ok())
                    .cloned()
                    .unwrap_or_default();
                let key =
                    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|e| StoreError::BadItem {
                        key: "KEY#…".into(),
                        detail: e.to_string(),
                    })?;
                Ok((pk, key))
            })
            .collect()
    }

    /// Revokes a key from now on; `false` when the merchant has no such key. A query and one write.
    pub async fn revoke_key(
        &self,
        merchant: MerchantId,
        id: KeyId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.set_on_key(merchant, id, "revoked_at", n(now.ms())).await
    }

    /// Sets what a key may do; `false` when the merchant has no such key. A query and one write.
    pub async fn set_key_scopes(
        &self,
        merchant: MerchantId,
        id: KeyId,
        scopes: &[Permission],
    ) -> Result<bool, StoreError> {
        let scopes = AttributeValue::L(scopes.iter().map(|p| s(p.as_str())).collect());
        self.set_on_key(merchant, id, "scopes", scopes).await
    }

    /// Sets the tier on every key of a merchant; says on how many. A query and one write for each.
    pub async fn set_tier(&self, merchant: MerchantId, tier: Tier) -> Result<usize, StoreError> {
        let keys = self.key_items(merchant).await?;
        for (pk, _) in &keys {
            self.set_attribute(pk, "tier", s(tier.as_str())).await?;
        }
        Ok(keys.len())
    }

    async fn set_on_key(
        &self,
        merchant: MerchantId,
        id: KeyId,
        name: &str,
        value: AttributeValue,
    ) -> Result<bool, StoreError> {
        let keys = self.key_items(merchant).await?;
        let Some((pk, _)) = keys.iter().find(|(_, key)| key.id == id) else {
            return Ok(false);
        };
        self.set_attribute(pk, name, value).await?;
        Ok(true)
    }

    async fn set_attribute(&self, pk: &str, name: &str, value: AttributeValue) -> Result<(), StoreError> {
        self.db
            .update_item()
            .table_name(&self.tables.keys)
            .key("pk", s(pk))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .map(|_| ())
            .map_err(|e| StoreError::aws("UpdateItem", e))
    }
}
