//! Rate limits: the update that authenticates an API key also counts the request.
//! [`tollgate_domain::rate_limit`] defines the buckets and decides.

use std::fmt::Write as _;

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemInput, builders::UpdateItemInputBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use tollgate_domain::{FrontDoor, Tenant, Timestamp, rate_limit};

use crate::{
    KeyMeter,
    attributes::{Item, SK, n, s},
    db::Conditional,
    error::StoreError,
    keys::{ApiKey, KeyHash, key_of},
};

/// Buckets before the window that each request removes. Older ones remain after a longer break; the next
/// request removes them with a second write.
const CLEARED_BUCKETS: i64 = 6;
/// Seconds before [`rate_limit::BURST_S`] that each request removes.
const CLEARED_SECONDS: i64 = 10;

/// The condition of an update of counters.
#[derive(Clone, Copy)]
enum Condition {
    None,
    Exists,
    ValidKey(Timestamp),
}

/// The counters of a key or merchant after a request, and the request's token.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Requests per bucket.
    pub counts: Vec<(i64, i64)>,
    /// Requests per second of the latest seconds, where bursts are limited.
    pub by_second: Vec<(i64, i64)>,
    /// The request's token. It can be returned.
    pub token: Token,
}

/// The counters that one request incremented.
#[derive(Clone, Debug)]
pub struct Token {
    pk: String,
    attributes: Vec<String>,
}

/// The result of metering a key.
#[derive(Clone, Debug)]
#[must_use = "the key may not be accepted"]
pub enum Met {
    /// The key is valid, and the request was counted.
    Accepted(Metered),
    /// The key is revoked or has expired. Nothing was counted.
    Ended(Metered),
    /// There is no such key.
    Unknown,
}

impl Met {
    /// The key, if it is valid.
    pub fn accepted(self) -> Option<Metered> {
        match self {
            Self::Accepted(metered) => Some(metered),
            Self::Ended(_) | Self::Unknown => None,
        }
    }
}

/// The result of an update of counters: the item and its counters.
enum Count {
    Made(Item, Counted),
    Refused(Option<(Item, Counted)>),
}

/// A key and its counters.
#[derive(Clone, Debug)]
pub struct Metered {
    /// The key.
    pub key: ApiKey,
    /// Its counters.
    pub counted: Counted,
}

impl KeyMeter {
    /// The same meter; `counts` says whether it also counts by second, for APIs that limit bursts.
    #[must_use]
    pub fn counting_seconds(self, counts: bool) -> Self {
        Self { counts_seconds: counts, ..self }
    }

    /// Authenticates a key and counts a request, in one `UpdateItem` of 1 unit. A revoked or expired key is
    /// returned without counting.
    pub async fn meter_key(
        &self,
        hash: &KeyHash,
        front_door: FrontDoor,
        now: Timestamp,
    ) -> Result<Met, StoreError> {
        let metered = |item, counted| {
            let key = key_of(item)?;
            Ok::<_, StoreError>(Metered { key, counted })
        };
        Ok(match self.count(hash.pk(), front_door, now, true).await? {
            Count::Made(item, counted) => Met::Accepted(metered(item, counted)?),
            Count::Refused(Some((item, counted))) => Met::Ended(metered(item, counted)?),
            Count::Refused(None) => Met::Unknown,
        })
    }

    /// Counts a request of a merchant, over all its keys: one `UpdateItem` of 1 unit.
    pub async fn meter_merchant(
        &self,
        tenant: Tenant,
        front_door: FrontDoor,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        match self.count(format!("{tenant}RATE"), front_door, now, false).await? {
            Count::Made(_, counted) => Ok(counted),
            Count::Refused(_) => Err(StoreError::BadValue("a window without a condition was refused".into())),
        }
    }

    /// Counters are named by the API's letter and the bucket, so the window needs no reset: the same expression
    /// increments the current counter and removes those that have left the window.
    async fn count(
        &self,
        pk: String,
        front_door: FrontDoor,
        now: Timestamp,
        is_key: bool,
    ) -> Result<Count, StoreError> {
        let letter = front_door.counter_letter();
        let bucket = rate_limit::bucket_at(now);
        let oldest = bucket - rate_limit::BUCKETS + 1;
        let name = |bucket: i64| format!("{letter}{bucket}");
        let behind: Vec<String> = (oldest - CLEARED_BUCKETS..oldest).map(name).collect();
        let mut token = Token { pk, attributes: vec![name(bucket)] };
        let mut behind = behind;
        let by_second = format!("{letter}s");
        if self.counts_seconds {
            token.attributes.push(format!("{by_second}{}", now.s()));
            let oldest = now.s() - rate_limit::BURST_S;
            behind.extend((oldest - CLEARED_SECONDS..=oldest).map(|second| format!("{by_second}{second}")));
        }
        let condition = if is_key { Condition::ValidKey(now) } else { Condition::None };
        let (item, is_counted) = match self.update_counters(&token, 1, &behind, condition).await? {
            Conditional::Done(attributes) => (attributes.unwrap_or_default(), true),
            Conditional::Refused(Some(item)) => (item, false),
            Conditional::Refused(None) => return Ok(Count::Refused(None)),
        };
        let counters = |prefix: &str| -> Vec<(i64, i64)> {
            item.iter()
                .filter_map(|(name, value)| {
                    Some((name.strip_prefix(prefix)?.parse().ok()?, value.as_n().ok()?.parse().ok()?))
                })
                .collect()
        };
        let (counts, seconds) = (counters(letter), counters(&by_second));
        let old_buckets = counts.iter().filter(|(b, _)| *b < oldest).map(|(b, _)| name(*b));
        let old_seconds = seconds
            .iter()
            .filter(|(second, _)| *second <= now.s() - rate_limit::BURST_S)
            .map(|(second, _)| format!("{by_second}{second}"));
        let left_behind: Vec<String> = old_buckets.chain(old_seconds).take(50).collect();
        if is_counted && !left_behind.is_empty() {
            // If the item is gone there are no counters to remove.
            let (Conditional::Done(_) | Conditional::Refused(_)) =
                self.update_counters(&token, 0, &left_behind, Condition::Exists).await?;
        }
        let counted = Counted { counts, by_second: seconds, token };
        Ok(if is_counted { Count::Made(item, counted) } else { Count::Refused(Some((item, counted))) })
    }

    /// Returns a token: replays of idempotent requests and refused requests are not counted. One call, 1
    /// unit. It is not repeated when it fails: a token that is returned twice would admit a request too many.
    pub async fn give_token_back(&self, token: &Token) -> Result<(), StoreError> {
        let update = self.counters_update(token, -1, &[], Condition::Exists);
        // If the item is gone there is no token to return.
        let (Conditional::Done(_) | Conditional::Refused(_)) =
            self.reader.db.update_item_once(update).await?;
        Ok(())
    }

    /// Changes counters. If the SDK repeats the call because its answer was lost, the request counts twice:
    /// the window may admit less than its limit, never more.
    async fn update_counters(
        &self,
        token: &Token,
        add: i64,
        remove: &[String],
        condition: Condition,
    ) -> Result<Conditional, StoreError> {
        self.reader.db.update_item(self.counters_update(token, add, remove, condition)).await
    }

    fn counters_update(
        &self,
        token: &Token,
        add: i64,
        remove: &[String],
        condition: Condition,
    ) -> UpdateItemInputBuilder {
        let names: Vec<String> = (0..token.attributes.len()).map(|at| format!("#c{at}")).collect();
        let added: Vec<String> = names.iter().map(|name| format!("{name} :add")).collect();
        let mut expression = format!("ADD {}", added.join(", "));
        let mut update = UpdateItemInput::builder()
            .table_name(&self.reader.tables.keys)
            .key("pk", s(&token.pk))
            .key("sk", s(SK))
            .expression_attribute_values(":add", n(add))
            .return_values(ReturnValue::AllNew);
        for (name, attribute) in names.iter().zip(&token.attributes) {
            update = update.expression_attribute_names(name, attribute);
        }
        for (at, old) in remove.iter().enumerate() {
            expression.push_str(if at == 0 { " REMOVE " } else { ", " });
            let _ = write!(expression, "#o{at}");
            update = update.expression_attribute_names(format!("#o{at}"), old);
        }
        update = match condition {
            Condition::None => update,
            Condition::Exists => update.condition_expression("attribute_exists(pk)"),
            Condition::ValidKey(now) => update
                .condition_expression(
                    "attribute_exists(pk) AND attribute_not_exists(revoked_at) \
                     AND (attribute_not_exists(expires_at) OR expires_at > :now)",
                )
                .expression_attribute_values(":now", n(now.ms()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld),
        };
        update.update_expression(expression)
    }
}
