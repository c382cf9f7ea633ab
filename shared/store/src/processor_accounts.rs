//! Merchants' accounts with processors: where to reach them and what they know the merchant by.

use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use serde::{Deserialize, Serialize};
use tollgate_domain::{ProcessorKind, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    db::Conditional,
    error::StoreError,
    format,
    items::{Item, SK, s},
};

/// The type's code.
pub(crate) const CODE: &str = "PRC";

/// A merchant's account with a processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorAccount {
    /// The processor; stored as `provider`.
    #[serde(rename = "provider")]
    pub processor: ProcessorKind,
    /// Where its API is.
    pub base_url: String,
    /// What it knows the merchant by: the MID.
    pub merchant_id: String,
    /// What it knows the secret by, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The secret, sealed.
    pub secret: String,
    /// When it was recorded.
    pub created: Timestamp,
    /// Whether another account has taken its place: what it took is still looked up, released and refunded with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub former: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference.
const fn is_false(is: &bool) -> bool {
    !*is
}

/// The format of an account's item (see [`format`]).
const FORMAT: u32 = 1;

fn pk(tenant: Tenant, processor: ProcessorKind) -> String {
    format!("{tenant}{CODE}#{}", processor.as_str())
}

fn former_pk(tenant: Tenant, processor: ProcessorKind, merchant_id: &str) -> String {
    format!("{}#{merchant_id}", pk(tenant, processor))
}

impl ProcessorAccount {
    /// The key of its item, which its secret is sealed for, too.
    pub fn key(&self, tenant: Tenant) -> String {
        if self.former {
            former_pk(tenant, self.processor, &self.merchant_id)
        } else {
            pk(tenant, self.processor)
        }
    }
}

fn to_item(tenant: Tenant, account: &ProcessorAccount) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(account)
        .map_err(|e| StoreError::BadValue(e.to_string()))?;
    format::mark(&mut item, FORMAT);
    item.insert("pk".into(), s(account.key(tenant)));
    item.insert("sk".into(), s(SK));
    item.insert("t".into(), s(CODE));
    Ok(item)
}

pub(crate) fn from_item(item: Item) -> Result<ProcessorAccount, StoreError> {
    format::check(&item, FORMAT)?;
    let key = item.get("pk").and_then(|v| v.as_s().ok()).cloned();
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|e| StoreError::BadItem { key: key.unwrap_or_default(), detail: e.to_string() })
}

impl Reader {
    /// Reads an account that another one took the place of. One call, 1 unit.
    pub async fn get_former_processor_account(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        merchant_id: &str,
    ) -> Result<Option<ProcessorAccount>, StoreError> {
        let pk = former_pk(tenant, processor, merchant_id);
        let item = self.read_item(&self.tables.main, &pk, true).await?;
        item.map(from_item).transpose()
    }

    /// Reads a merchant's account with a processor. One call, 1 unit.
    pub async fn get_processor_account(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
    ) -> Result<Option<ProcessorAccount>, StoreError> {
        let pk = pk(tenant, processor);
        let item = self.read_item(&self.tables.main, &pk, true).await?;
        item.map(from_item).transpose()
    }
}

impl Writer {
    /// Records an account in place of the one there is. One call, 1 unit.
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

    /// Replaces an account by another state of it; `false` when somebody else replaced it first. One call, 1 unit. Each sealing of
    /// a secret is different, so the secret tells whether the account is still the one that was read.
    pub async fn replace_processor_account(
        &self,
        tenant: Tenant,
        before: &ProcessorAccount,
        next: &ProcessorAccount,
    ) -> Result<bool, StoreError> {
        let request = PutItemInput::builder()
            .table_name(&self.tables.main)
            .set_item(Some(to_item(tenant, next)?))
            .condition_expression("secret = :before")
            .expression_attribute_values(":before", s(&before.secret));
        Ok(matches!(self.db.put_item(request).await?, Conditional::Done(_)))
    }
}
