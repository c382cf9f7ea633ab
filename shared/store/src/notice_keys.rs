//! The secrets with which processors prove their notices.

use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use serde::{Deserialize, Serialize};
use tollgate_domain::{ProcessorKind, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    attributes::{Item, SK, n, s},
    db::Conditional,
    error::StoreError,
    format,
};

/// The type code in keys and in the attribute `t`.
pub(crate) const CODE: &str = "PRN";

/// The secrets of a merchant's notices from a processor. They are an item of their own: what receives notices can read
/// these, and not the secret that charges cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeKeys {
    /// The processor.
    pub processor: ProcessorKind,
    /// Version number, starting at 1.
    pub version: u64,
    /// The secrets, the newest first.
    pub keys: Vec<SealedNoticeKey>,
}

/// A secret, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedNoticeKey {
    /// `CyberSource`: the id of the shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The secret, sealed.
    pub secret: String,
    /// When it was stored.
    pub created: Timestamp,
}

/// The format of the item (see [`format`]).
const FORMAT: u32 = 1;

fn pk(tenant: Tenant, processor: ProcessorKind) -> String {
    format!("{tenant}{CODE}#{}", processor.as_str())
}

impl NoticeKeys {
    /// The partition key, to which the sealed secrets are bound.
    pub fn key(&self, tenant: Tenant) -> String {
        pk(tenant, self.processor)
    }
}

fn to_item(tenant: Tenant, keys: &NoticeKeys) -> Result<Item, StoreError> {
    let mut item = format::encode(keys, FORMAT)?;
    item.insert("pk".into(), s(keys.key(tenant)));
    item.insert("sk".into(), s(SK));
    item.insert("t".into(), s(CODE));
    Ok(item)
}

pub(crate) fn from_item(item: Item) -> Result<NoticeKeys, StoreError> {
    format::decode(item, FORMAT)
}

impl Reader {
    /// Reads the secrets of a merchant's notices from a processor. One call, 1 unit.
    pub async fn get_notice_keys(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
    ) -> Result<Option<NoticeKeys>, StoreError> {
        let item = self.read_item(&self.tables.main, &pk(tenant, processor)).await?;
        item.map(from_item).transpose()
    }
}

impl Writer {
    /// Writes the first or the next version of the secrets; `false` if another change came first. One call, 1 unit per KB.
    pub async fn put_notice_keys(&self, tenant: Tenant, keys: &NoticeKeys) -> Result<bool, StoreError> {
        let newest = keys.keys.first().map_or("", |key| key.secret.as_str());
        let request = PutItemInput::builder()
            .table_name(&self.tables.main)
            .set_item(Some(to_item(tenant, keys)?))
            // The second: this call repeated, because its answer was lost. Each sealing of a secret differs.
            .condition_expression(
                "attribute_not_exists(pk) OR version = :before OR #keys[0].secret = :secret",
            )
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_values(":before", n(keys.version.saturating_sub(1)))
            .expression_attribute_values(":secret", s(newest));
        Ok(matches!(self.db.put_item(request).await?, Conditional::Done(_)))
    }
}
