//! Walks and lists of a merchant's keys, through the index.

use aws_sdk_dynamodb::operation::query::QueryInput;
use tollgate_domain::{KeyId, MerchantId, Tenant, Timestamp};

use super::key::{ApiKey, key_of};
use crate::{
    Cursor, Page, Reader,
    attributes::{s, sortable, string_of},
    error::StoreError,
};

/// Keys that one query of the index reads.
const PAGE: i32 = 500;
/// Queries of one walk: half a million keys. A longer walk is an error.
const PAGES_MAX: usize = 1000;

/// A list of a tenant's keys, newest first.
#[derive(Clone, Copy, Debug)]
pub struct KeyQuery {
    /// The tenant.
    pub tenant: Tenant,
    /// Where the page starts; `None`: at the newest key.
    pub from: Option<KeyPlace>,
    /// Most keys of the page.
    pub limit: usize,
    /// Number of keys to skip.
    pub offset: usize,
}

/// A place in a list of keys.
#[derive(Clone, Copy, Debug)]
pub enum KeyPlace {
    /// After this key: older keys.
    After(Timestamp, KeyId),
    /// Before this key: newer keys.
    Before(Timestamp, KeyId),
}

/// Whether a walk continues.
pub(super) enum Walk {
    On,
    Enough,
}

/// The sort key of a key in the index.
pub(super) fn index_sk(created: Timestamp, id: KeyId) -> String {
    format!("{}#{id}", sortable(created))
}

impl Reader {
    /// A page of a tenant's keys, newest first, without their texts. A query per [`PAGE`] keys of the
    /// merchant, both modes included.
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

    /// All keys of a merchant in both modes, oldest first. A query per [`PAGE`] keys.
    pub async fn all_keys(&self, merchant: MerchantId) -> Result<Vec<ApiKey>, StoreError> {
        let mut keys = Vec::new();
        self.walk(merchant, |_, key| {
            keys.push(key);
            Ok(Walk::On)
        })
        .await?;
        Ok(keys)
    }

    /// Visits a merchant's keys in both modes, oldest first. A query per [`PAGE`] keys.
    pub(super) async fn walk(
        &self,
        merchant: MerchantId,
        visit: impl FnMut(String, ApiKey) -> Result<Walk, StoreError>,
    ) -> Result<(), StoreError> {
        self.walk_from(merchant, None, false, visit).await
    }

    /// Visits a merchant's keys in the order of the index, until the end or [`Walk::Enough`]. More keys than
    /// it reads are an error, so that no existing key seems not to exist.
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
                let Some(pk) = string_of(&item, "pk").map(str::to_owned) else {
                    return Err(StoreError::BadValue("an item of the index without a key".into()));
                };
                if let Walk::Enough = visit(pk, key_of(item)?)? {
                    return Ok(());
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(());
            }
        }
        Err(StoreError::BadValue("the merchant has more keys than one walk reads".into()))
    }
}
