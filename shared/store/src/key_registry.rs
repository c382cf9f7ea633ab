//! The keys of a merchant: making, finding, listing and ending them.
//!
//! | item | pk | what it says |
//! |---|---|---|
//! | key | `KEY#<sha256>` | everything about the key, its counters included |
//! | key by id | `KID#<merchant>#<id>` | the digest of the key with this id |
//! | live keys | `<tenant>KEYS` | the ids of the tenant's keys that are accepted, each with its end |
//!
//! All three are written in one transaction, so a key that was just made is found by its id at once, and no two requests together
//! make more live keys than there may be. The index lists keys and finds those that were made before the other two items
//! existed; it may lag, so no refusal rests on it alone where another item says more.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::{query::QueryInput, update_item::UpdateItemInput},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use tollgate_domain::{Contract, KeyId, MerchantId, Mode, Permission, Tenant, Timestamp};

use crate::{
    ApiKey, Changed, Cursor, KeyHash, NewApiKey, Page, Reader, Writer,
    db::{Conditional, Transacted},
    error::StoreError,
    format,
    items::{ABSENT, Item, SK, n, put_in_transaction, s},
    keys::{FORMAT, key_of},
};

/// Most keys of a tenant that are accepted at the same time.
pub const LIVE_KEYS_MAX: usize = 100;
/// Keys of a page of the index.
const PAGE: i32 = 500;
/// Pages that one walk of the index reads before it gives up with an error: half a million keys.
const PAGES_MAX: usize = 1000;
/// Tries of a write that others race; each conflict means that another one went through.
const TRIES_MAX: u32 = 16;

/// What became of a key that was to be made.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the key may not have been made"]
pub enum KeyPut {
    /// It was made.
    Created,
    /// A key of the very same text is there already: this.
    Exists(Box<ApiKey>),
    /// The tenant has [`LIVE_KEYS_MAX`] keys that are accepted.
    TooMany,
}

/// Which keys to list: those of one tenant, newest first.
#[derive(Clone, Copy, Debug)]
pub struct KeyQuery {
    /// Whose.
    pub tenant: Tenant,
    /// Where the page begins, if not at the newest.
    pub from: Option<KeyPlace>,
    /// Most keys of the page.
    pub limit: usize,
    /// Keys that are passed over first.
    pub offset: usize,
}

/// A place in a list of keys.
#[derive(Clone, Copy, Debug)]
pub enum KeyPlace {
    /// After this key, among the older ones.
    After(Timestamp, KeyId),
    /// Before this key, among the newer ones.
    Before(Timestamp, KeyId),
}

/// The keys of a tenant that are accepted, by id, each with its end in milliseconds, if it has one.
struct LiveKeys {
    version: u64,
    ends: HashMap<String, Option<i64>>,
}

impl LiveKeys {
    fn read(item: &Item) -> Result<Self, StoreError> {
        format::check(item, FORMAT)?;
        let bad = || StoreError::BadItem { key: "KEYS".into(), detail: "not a set of live keys".into() };
        let number = |value: &AttributeValue| value.as_n().ok().and_then(|n| n.parse::<i64>().ok());
        let version = item.get("version").and_then(number).ok_or_else(bad)?;
        let live = item.get("live").and_then(|v| v.as_m().ok()).ok_or_else(bad)?;
        let ends = live.iter().map(|(id, end)| Some((id.clone(), number(end)?)));
        let ends: Option<HashMap<_, _>> = ends.collect();
        Ok(Self {
            version: u64::try_from(version).map_err(|_| bad())?,
            ends: ends.ok_or_else(bad)?.into_iter().map(|(id, end)| (id, (end > 0).then_some(end))).collect(),
        })
    }

    fn to_item(&self, tenant: Tenant) -> Item {
        let ends = self.ends.iter();
        let live = ends.map(|(id, end)| (id.clone(), n(end.unwrap_or(0)))).collect();
        let mut item = HashMap::from([
            ("pk".into(), s(live_pk(tenant))),
            ("sk".into(), s(SK)),
            ("version".into(), n(self.version + 1)),
            ("live".into(), AttributeValue::M(live)),
        ]);
        format::mark(&mut item, FORMAT);
        item
    }

    /// Forgets those whose end has come.
    fn prune(&mut self, now: Timestamp) {
        self.ends.retain(|_, end| end.is_none_or(|end| end > now.ms()));
    }
}

fn live_pk(tenant: Tenant) -> String {
    format!("{tenant}KEYS")
}

fn id_pk(merchant: MerchantId, id: KeyId) -> String {
    format!("KID#{merchant}#{id}")
}

fn index_sk(created: Timestamp, id: KeyId) -> String {
    format!("{}#{id}", crate::entity::sortable(created))
}

fn bad(e: impl std::fmt::Display) -> StoreError {
    StoreError::BadValue(e.to_string())
}

impl Reader {
    /// The tenant's live keys, and whether an item says so; before there is one the index does.
    async fn live_keys(&self, tenant: Tenant, now: Timestamp) -> Result<(LiveKeys, bool), StoreError> {
        let item = self.read_item(&self.tables.keys, &live_pk(tenant), true).await?;
        if let Some(item) = item {
            return Ok((LiveKeys::read(&item)?, true));
        }
        let mut live = LiveKeys { version: 0, ends: HashMap::new() };
        self.walk(tenant.merchant, |_, key| {
            if key.mode == tenant.mode && key.is_live(now) {
                live.ends.insert(key.id.to_string(), key.expires_at.map(Timestamp::ms));
            }
            Ok(Walk::On)
        })
        .await?;
        Ok((live, false))
    }

    /// Finds a key by its id, whatever its state: two reads of 1 unit, for a key older than the items of ids also the
    /// pages of the index up to it.
    pub async fn key_by_id(
        &self,
        merchant: MerchantId,
        id: KeyId,
    ) -> Result<Option<(KeyHash, ApiKey)>, StoreError> {
        let by_id = self.read_item(&self.tables.keys, &id_pk(merchant, id), true).await?;
        let named = by_id.as_ref().and_then(|item| item.get("key")?.as_s().ok().cloned());
        let mut pk = named;
        if pk.is_none() {
            self.walk(merchant, |index_pk, key| {
                if key.id != id {
                    return Ok(Walk::On);
                }
                pk = Some(index_pk);
                Ok(Walk::Enough)
            })
            .await?;
        }
        let Some(hash) = pk.as_deref().and_then(KeyHash::from_pk) else {
            return Ok(None);
        };
        let key = self.key_of_hash(&hash).await?;
        Ok(key.map(|key| (hash, key)))
    }

    /// Reads a key by its text's digest, whatever its state. One read of 1 unit.
    pub async fn key_of_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let item = self.read_item(&self.tables.keys, &hash.pk(), true).await?;
        item.map(key_of).transpose()
    }

    /// A page of a tenant's keys, newest first; never their texts. A query of the index for every [`PAGE`] keys of the merchant in
    /// either mode that it passes.
    pub async fn list_keys(&self, query: KeyQuery) -> Result<Page<ApiKey>, StoreError> {
        let KeyQuery { tenant, from, limit, mut offset } = query;
        let (from, backwards) = match from {
            None => (None, true),
            Some(KeyPlace::After(created, id)) => (Some(index_sk(created, id)), true),
            Some(KeyPlace::Before(created, id)) => (Some(index_sk(created, id)), false),
        };
        let mut items = Vec::new();
        let mut more = false;
        self.walk_from(tenant.merchant, from, backwards, |_, key| {
            if key.mode != tenant.mode {
                return Ok(Walk::On);
            }
            if offset > 0 {
                offset -= 1;
                return Ok(Walk::On);
            }
            if items.len() == limit {
                more = true;
                return Ok(Walk::Enough);
            }
            items.push(key);
            Ok(Walk::On)
        })
        .await?;
        if !backwards {
            items.reverse();
        }
        let next =
            items.last().filter(|_| more).map(|key| Cursor { created: key.created, id: key.id.to_string() });
        Ok(Page { items, next })
    }

    /// All keys of a merchant in both modes, oldest first. A query of the index for every [`PAGE`] keys.
    pub async fn all_keys(&self, merchant: MerchantId) -> Result<Vec<ApiKey>, StoreError> {
        let mut keys = Vec::new();
        self.walk(merchant, |_, key| {
            keys.push(key);
            Ok(Walk::On)
        })
        .await?;
        Ok(keys)
    }

    async fn walk(
        &self,
        merchant: MerchantId,
        visit: impl FnMut(String, ApiKey) -> Result<Walk, StoreError>,
    ) -> Result<(), StoreError> {
        self.walk_from(merchant, None, false, visit).await
    }

    /// Visits a merchant's keys in the order of the index until there is no more of them, or enough. That there are more than it will
    /// read is an error, never an end: a key that is not found must not seem not to exist.
    async fn walk_from(
        &self,
        merchant: MerchantId,
        from: Option<String>,
        backwards: bool,
        mut visit: impl FnMut(String, ApiKey) -> Result<Walk, StoreError>,
    ) -> Result<(), StoreError> {
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let mut request = QueryInput::builder()
                .table_name(&self.tables.keys)
                .index_name("gsi1")
                .expression_attribute_values(":pk", s(format!("M#{merchant}")))
                .scan_index_forward(!backwards)
                .limit(PAGE)
                .set_exclusive_start_key(next);
            request = match &from {
                None => request.key_condition_expression("gsi1pk = :pk"),
                Some(from) => {
                    let side = if backwards { "<" } else { ">" };
                    request
                        .key_condition_expression(format!("gsi1pk = :pk AND gsi1sk {side} :from"))
                        .expression_attribute_values(":from", s(from))
                }
            };
            let page = self.db.query(request).await?;
            for item in page.items.unwrap_or_default() {
                let pk = item.get("pk").and_then(|v| v.as_s().ok()).cloned();
                let pk = pk.ok_or_else(|| bad("an item of the index without a key"))?;
                if let Walk::Enough = visit(pk, key_of(item)?)? {
                    return Ok(());
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(());
            }
        }
        Err(bad("the merchant has more keys than one walk reads"))
    }
}

impl Writer {
    /// Makes a key unless its text is taken or the tenant has as many as there may be. A read and a transaction of 3 writes (key with
    /// index, id, live keys: about 2 × 6 units); the first time for a tenant also the pages of its index.
    pub async fn create_key(&self, new: &NewApiKey, now: Timestamp) -> Result<KeyPut, StoreError> {
        let tenant = new.key.tenant();
        for _ in 0..TRIES_MAX {
            let (mut live, is_kept) = self.live_keys(tenant, now).await?;
            live.prune(now);
            if live.ends.len() >= LIVE_KEYS_MAX {
                return Ok(match self.key_of_hash(&new.hash).await? {
                    Some(key) => KeyPut::Exists(Box::new(key)),
                    None => KeyPut::TooMany,
                });
            }
            let end = new.key.expires_at.map(Timestamp::ms);
            live.ends.insert(new.key.id.to_string(), end);
            match self.put_key(new, tenant, &live, is_kept).await? {
                Transacted::Done => return Ok(KeyPut::Created),
                Transacted::Refused(refused) => {
                    if let Some(Some(key)) = refused.into_iter().next() {
                        return Ok(KeyPut::Exists(Box::new(key_of(key)?)));
                    }
                }
            }
        }
        Err(StoreError::Contended { key: live_pk(tenant), attempts: TRIES_MAX })
    }

    async fn put_key(
        &self,
        new: &NewApiKey,
        tenant: Tenant,
        live: &LiveKeys,
        is_kept: bool,
    ) -> Result<Transacted, StoreError> {
        let table = &self.tables.keys;
        let merchant = new.key.merchant;
        let mut key: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(&new.key).map_err(bad)?;
        format::mark(&mut key, FORMAT);
        key.insert("pk".into(), s(new.hash.pk()));
        key.insert("sk".into(), s(SK));
        key.insert("gsi1pk".into(), s(format!("M#{merchant}")));
        key.insert("gsi1sk".into(), s(index_sk(new.key.created, new.key.id)));
        let mut by_id: Item = HashMap::from([
            ("pk".into(), s(id_pk(merchant, new.key.id))),
            ("sk".into(), s(SK)),
            ("key".into(), s(new.hash.pk())),
        ]);
        format::mark(&mut by_id, FORMAT);
        let (condition, version) = if is_kept {
            ("version = :version", Some((":version", n(live.version))))
        } else {
            (ABSENT, None)
        };
        let operations = vec![
            put_in_transaction(table, key, ABSENT, None)?,
            put_in_transaction(table, by_id, ABSENT, None)?,
            put_in_transaction(table, live.to_item(tenant), condition, version)?,
        ];
        self.db.transact_write_items(operations).await
    }

    /// Revokes a key from now on; one that is revoked stays revoked since then. A transaction of 2 writes.
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

    /// Lets a key be accepted until `at` and no longer: an end only ever moves nearer, so one that ends sooner stays as it is.
    /// `Missing` when it has ended, or ends sooner. A transaction of 2 writes.
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
                 AND (attribute_not_exists(expires_at) OR (expires_at > :at AND expires_at > :now))",
            )
            .expression_attribute_values(":at", n(at.ms()))
            .expression_attribute_values(":now", n(now.ms()));
        let note = Update::builder()
            .update_expression("SET live.#id = :end ADD version :one")
            .condition_expression("attribute_exists(live.#id)")
            .expression_attribute_values(":end", n(at.ms()));
        self.end_key(hash, key, expire, note).await
    }

    /// Changes a key and what is said of it among the live ones; the key alone where nothing is said of it yet.
    async fn end_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
        change: aws_sdk_dynamodb::types::builders::UpdateBuilder,
        note: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    ) -> Result<Changed, StoreError> {
        let table = &self.tables.keys;
        let change = change
            .table_name(table)
            .key("pk", s(hash.pk()))
            .key("sk", s(SK))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(bad)?;
        let note = note
            .table_name(table)
            .key("pk", s(live_pk(key.tenant())))
            .key("sk", s(SK))
            .expression_attribute_names("#id", key.id.to_string())
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(bad)?;
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

    /// Sets what a key may do. One write.
    pub async fn set_key_scopes(&self, hash: &KeyHash, scopes: &[Permission]) -> Result<Changed, StoreError> {
        let scopes = AttributeValue::L(scopes.iter().map(|p| s(p.as_str())).collect());
        let request = self
            .key_update(&hash.pk())
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", "scopes")
            .expression_attribute_values(":value", scopes);
        self.changed(request).await
    }

    /// Sets the contract on every key of a merchant; says on how many. A query for every [`PAGE`] of them and one write for each.
    /// Doing it again does no harm, so one that broke off is done again.
    pub async fn set_contract(&self, merchant: MerchantId, contract: Contract) -> Result<usize, StoreError> {
        let mut pks = std::collections::BTreeSet::new();
        self.walk(merchant, |pk, _| {
            pks.insert(pk);
            Ok(Walk::On)
        })
        .await?;
        // The index may not know the newest yet.
        for mode in [Mode::Test, Mode::Live] {
            let tenant = Tenant { merchant, mode };
            let item = self.read_item(&self.tables.keys, &live_pk(tenant), true).await?;
            let Some(item) = item else { continue };
            for id in LiveKeys::read(&item)?.ends.into_keys() {
                let id: KeyId = id.parse().map_err(bad)?;
                let by_id = self.read_item(&self.tables.keys, &id_pk(merchant, id), true).await?;
                let pk = by_id.and_then(|item| item.get("key")?.as_s().ok().cloned());
                pks.extend(pk);
            }
        }
        for pk in &pks {
            // A key that is gone needs no contract.
            let (Changed::Done | Changed::Missing) = self.set_key_contract(pk, contract).await?;
        }
        Ok(pks.len())
    }

    async fn set_key_contract(&self, pk: &str, contract: Contract) -> Result<Changed, StoreError> {
        self.changed(with_contract(self.key_update(pk), contract)?).await
    }

    /// Sets the contract on one key. One write.
    pub async fn set_contract_of_key(
        &self,
        hash: &KeyHash,
        contract: Contract,
    ) -> Result<Changed, StoreError> {
        self.set_key_contract(&hash.pk(), contract).await
    }

    fn key_update(
        &self,
        pk: &str,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder {
        UpdateItemInput::builder()
            .table_name(&self.tables.keys)
            .key("pk", s(pk))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)")
    }

    async fn changed(
        &self,
        request: aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder,
    ) -> Result<Changed, StoreError> {
        Ok(match self.db.update_item(request).await? {
            Conditional::Done(_) => Changed::Done,
            Conditional::Refused(_) => Changed::Missing,
        })
    }
}

/// Whether a walk goes on.
enum Walk {
    On,
    Enough,
}

/// Sets tier and limits on an item that has them.
pub(crate) fn with_contract(
    request: aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder,
    contract: Contract,
) -> Result<aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder, StoreError> {
    let request = request
        .expression_attribute_names("#tier", "tier")
        .expression_attribute_names("#limits", "limits")
        .expression_attribute_values(":tier", s(contract.tier.as_str()));
    if contract.limits.is_empty() {
        return Ok(request.update_expression("SET #tier = :tier REMOVE #limits"));
    }
    let limits: AttributeValue =
        serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(contract.limits).map_err(bad)?;
    Ok(request
        .update_expression("SET #tier = :tier, #limits = :limits")
        .expression_attribute_values(":limits", limits))
}
