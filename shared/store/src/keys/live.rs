//! The item with a tenant's live keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tollgate_domain::{Tenant, Timestamp};

use super::key::FORMAT;
use crate::{
    attributes::{Item, SK, n, s},
    error::StoreError,
    format,
};

/// A tenant's accepted keys: ids with their ends in milliseconds.
pub(super) struct LiveKeys {
    pub(super) version: u64,
    pub(super) ends: HashMap<String, Option<i64>>,
}

impl LiveKeys {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
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

    pub(super) fn to_item(&self, tenant: Tenant) -> Item {
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

    /// Removes keys that have ended.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.ends.retain(|_, end| end.is_none_or(|end| end > now.ms()));
    }
}

/// The partition key of a tenant's live keys.
pub(super) fn live_pk(tenant: Tenant) -> String {
    format!("{tenant}KEYS")
}
