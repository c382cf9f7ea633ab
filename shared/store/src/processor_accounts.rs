//! Merchants' accounts with processors: URL, MID and sealed secret.

use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use serde::{Deserialize, Serialize};
use tollgate_domain::{ProcessorKind, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    attributes::{Item, SK, s},
    db::Conditional,
    error::StoreError,
    format,
};

/// The type code in keys and in the attribute `t`.
pub(crate) const CODE: &str = "PRC";

/// A merchant's account with a processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorAccount {
    /// The processor; stored as `provider`.
    #[serde(rename = "provider")]
    pub processor: ProcessorKind,
    /// The URL of its API.
    pub base_url: String,
    /// The merchant's MID.
    pub merchant_id: String,
    /// The id of the secret, for processors that have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The secret, sealed.
    pub secret: String,
    /// When it was stored.
    pub created: Timestamp,
    /// Whether another account has replaced it. Its payments are still queried, voided and refunded with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

/// The format of the item (see [`format`]).
const FORMAT: u32 = 1;

fn pk(tenant: Tenant, processor: ProcessorKind) -> String {
    format!("{tenant}{CODE}#{}", processor.as_str())
}

fn former_pk(tenant: Tenant, processor: ProcessorKind, merchant_id: &str) -> String {
    format!("{}#{merchant_id}", pk(tenant, processor))
}

impl ProcessorAccount {
    /// The partition key, to which the sealed secret is bound.
    pub fn key(&self, tenant: Tenant) -> String {
        if self.former {
            former_pk(tenant, self.processor, &self.merchant_id)
        } else {
            pk(tenant, self.processor)
        }
    }
}

fn to_item(tenant: Tenant, account: &ProcessorAccount) -> Result<Item, StoreError> {
    let mut item = format::encode(account, FORMAT)?;
    item.insert("pk".into(), s(account.key(tenant)));
    item.insert("sk".into(), s(SK));
    item.insert("t".into(), s(CODE));
    Ok(item)
}

pub(crate) fn from_item(item: Item) -> Result<ProcessorAccount, StoreError> {
    format::decode(item, FORMAT)
}

impl Reader {
    /// Reads a replaced account. One call, 1 unit.
    pub async fn get_former_processor_account(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        merchant_id: &str,
    ) -> Result<Option<ProcessorAccount>, StoreError> {
        let pk = former_pk(tenant, processor, merchant_id);
        let item = self.read_item(&self.tables.main, &pk).await?;
        item.map(from_item).transpose()
    }

    /// Reads a merchant's account with a processor. One call, 1 unit.
    pub async fn get_processor_account(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
    ) -> Result<Option<ProcessorAccount>, StoreError> {
        let pk = pk(tenant, processor);
        let item = self.read_item(&self.tables.main, &pk).await?;
        item.map(from_item).transpose()
    }
}

impl Writer {
    /// Writes an account, replacing the current one. One call, 1 unit.
    pub async fn put_processor_account(
        &self,
        tenant: Tenant,
        account: &ProcessorAccount,
    ) -> Result<(), StoreError> {
        let request =
            PutItemInput::builder().table_name(&self.tables.main).set_item(Some(to_item(tenant, account)?));
        self.db.put_item(request).await?.unconditional()?;
        Ok(())
    }

    /// Replaces an account; `false` if another change came first. One call, 1 unit. Each sealing of a secret
    /// differs, so the sealed secret shows whether the account is still the one that was read.
    pub async fn replace_processor_account(
        &self,
        tenant: Tenant,
        before: &ProcessorAccount,
        next: &ProcessorAccount,
    ) -> Result<bool, StoreError> {
        let request = PutItemInput::builder()
            .table_name(&self.tables.main)
            .set_item(Some(to_item(tenant, next)?))
            // The second: this call repeated, because its answer was lost.
            .condition_expression("secret = :before OR secret = :next")
            .expression_attribute_values(":before", s(&before.secret))
            .expression_attribute_values(":next", s(&next.secret));
        Ok(matches!(self.db.put_item(request).await?, Conditional::Done(_)))
    }
}
